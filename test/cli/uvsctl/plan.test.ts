import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { samplePackage } from '../../support/fake-uploads.ts';
import { setScene } from '../../support/push-scene.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();

await t.test('a version that several packages have must be named by digest', async (t) => {
  const packages = [
    samplePackage('aaaa11112222bbbb', 1, { trust: 'PACKAGE_TRUST_REFUSED', refusal: 'KEY_UNKNOWN', createTime: { seconds: '1000000000' } }),
    samplePackage('cccc33334444dddd', 1, { trust: 'PACKAGE_TRUST_TRUSTED', encrypted: true, createTime: { seconds: '900000000' } }),
  ];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.PackageService': {
      GetPackage: () => {
        throw new UvsError('CONFLICT', 'several packages have that version');
      },
      ListPackages: () => ({ packages }),
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  const { code, err } = await operator.run(['plan', '2.14.17', '--all', '--rolling']);
  t.equal(code, 3);
  t.match(err, '2 packages match 2.14.17');
  t.match(
    err,
    'the newest is first: aaaa11112222 (2.14.17, not trusted: KEY_UNKNOWN, uploaded 2001-09-09T01:46:40Z), cccc33334444 (2.14.17, trusted, uploaded 1998-07-09T16:00:00Z)',
  );
  const { out } = await operator.run(['packages', 'list']);
  t.match(out, /^2\.14\.17 +uvs +aaaa11112222 +no \(KEY_UNKNOWN\) +no +/m);
  t.match(out, /^2\.14\.17 +uvs +cccc33334444 +yes +yes +/m, 'an unencrypted one is told from an encrypted one');
});

await t.test('a plan of a file says that the package has to be uploaded, and how', async (t) => {
  await using scene = await setScene(authority);
  t.match(await scene.operator.run(['plan', scene.package, '--role', 'osd', '--rolling']), {
    code: 2,
    err: `${scene.package} names a file, and plan takes a package that the cluster has [INVALID_ARGUMENT]\nUpload it first (uvsctl packages upload ${scene.package})`,
  });
});
