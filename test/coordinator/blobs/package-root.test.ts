import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { generateSigningKey } from '../../../common/upd/keys.ts';
import { eventually } from '../../support/eventually.ts';
import { chainOf, linkOf } from '../../support/root-chain.ts';
import { makeCluster } from '../../support/running-cluster.ts';
import { assemblePackage, sampleManifest, zstdFrame } from '../../support/upd.ts';
import { makeOperator } from '../../support/uvsctl.ts';

void t.test('an operator revokes a key by one command: uploads, plans and new nodes see it, and it is audited', async (t) => {
  await using cluster = await makeCluster();
  await using running = await cluster.run();
  t.ok(running);
  const api = cluster.client();
  await eventually('c1 leads', async () => (await api.call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader !== null);
  await cluster.enrol('osd-1');
  await using olga = await makeOperator(await cluster.credential('operator', 'olga'));
  await using vera = await makeOperator(await cluster.credential('viewer', 'vera'));
  const path = (name: string) => join(cluster.folder, name);

  const { key } = cluster.trust;
  const fresh = generateSigningKey();
  const plain = randomBytes(2_000);
  const stored = zstdFrame(plain);
  const pack = async (name: string, seq: number, signer: typeof key, rootChain: Uint8Array = Buffer.alloc(0)) => {
    const manifest = { ...sampleManifest([stored], [plain]), version: `2.14.${seq}`, components: { uvs: { epoch: 0, releaseSeq: seq } } };
    await writeFile(path(name), assemblePackage(manifest, [stored], [signer], { rootChain }));
  };
  const two = linkOf(2, { root: [key], vendor: [fresh] }, [key]);
  const three = linkOf(3, { root: [key], vendor: [key] }, [key]);
  await pack('old.upd', 1, key);
  await pack('late.upd', 2, key);
  await pack('new.upd', 3, fresh);
  await pack('carrying.upd', 4, key, chainOf(two, three));
  await writeFile(path('two.json'), chainOf(two));

  t.match(await olga.run(['packages', 'upload', path('old.upd')]), { code: 0 });
  t.match(
    (await vera.run(['packages', 'show', '2.14.1'])).out,
    new RegExp(`Signed by +${key.keyId} \\(vendor\\)\nTrusted +yes, by root file version 1\n`),
  );
  t.match(await vera.run(['package-root', 'update', path('two.json'), '--reason', 'x']), { code: 9 }, 'who may only look may not');
  t.match(await olga.run(['package-root', 'update', path('old.upd'), '--reason', 'x']), { code: 5, err: /is no chain of root files/ });
  t.match(await olga.run(['package-root', 'update', path('two.json'), '--reason', 'the key was stolen']), {
    code: 0,
    out: /version 2 counts from now on/,
  });
  t.match(await vera.run(['package-root', 'show', '--out', path('chain.json')]), { code: 0, out: /Version +2\n/ });
  t.match(JSON.parse(await readFile(path('chain.json'), 'utf8')), [{ signatures: { length: 0 } }, { signatures: [{ keyId: key.keyId }] }]);
  t.match(
    (await olga.run(['packages', 'show', '2.14.1'])).out,
    new RegExp(`Signed by +${key.keyId} \\(not trusted by root file version 2\\)\nTrusted +no, by root file version 2: KEY_UNKNOWN\n`),
  );
  t.match(await olga.run(['package-root', 'update', path('chain.json'), '--reason', 'again']), { code: 0 }, 'repeated');
  t.match(await olga.run(['events', 'list']), { out: /package-root\.raise.*the key was stolen/ });

  t.match(await olga.run(['packages', 'upload', path('late.upd')]), { code: 5, err: /KEY_UNKNOWN/ }, 'an upload under the revoked key');
  t.match(await olga.run(['packages', 'upload', path('old.upd')]), { code: 5, err: /KEY_UNKNOWN/ }, 'also of one that is there already');
  t.match(
    await olga.run(['plan', '2.14.1', '--all', '--rolling']),
    { code: 5, err: /root file version 2 does not know.*KEY_UNKNOWN/ },
    'a plan with what is there',
  );
  t.match(await olga.run(['packages', 'upload', path('new.upd')]), { code: 0 });

  t.match(await olga.run(['packages', 'upload', path('carrying.upd')]), { code: 0 }, 'a package may bring the next version with it');
  t.match(await vera.run(['package-root', 'show', '--json']), { out: /"version": 3/ });
  t.match(
    await olga.run(['package-root', 'update', path('two.json'), '--reason', 'back']),
    { code: 5, err: /ROOT_INVALID/ },
    'nobody goes back',
  );
});
