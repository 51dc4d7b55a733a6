import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { generateSigningKey } from '../../../common/upd/keys.ts';
import { rootLosses } from '../../../coordinator/api/root-losses.ts';
import type { PackageTrust } from '../../../coordinator/blobs/package-trust.ts';
import type { NodeRecord, PackageRecord } from '../../../coordinator/domain.ts';
import { facts, node, packageRecord } from '../../support/domain-records.ts';
import { rootOf } from '../../support/upd.ts';

const key = generateSigningKey();
const rootAt = (version: number) =>
  rootOf({ version, root: { keys: [key], threshold: 1 }, vendor: { keys: [key], threshold: 1, products: ['uvs'] } });
const [before, after] = [rootAt(1), rootAt(2)];

/** Packages "kept", "revoked" by the second root file, "long revoked" by the first already. */
const trust: Pick<PackageTrust, 'refusal'> = {
  refusal: async ({ digest }, root) => {
    const isRefused = digest.startsWith('long') || (digest.startsWith('revoked') && root.sha256 === after.sha256);
    return isRefused ? new UvsError('KEY_UNKNOWN', 'none of its keys counts') : undefined;
  },
};

function pkg(digest: string, seq: number): PackageRecord {
  return packageRecord({ digest, version: `2.14.${seq}`, manifestHash: digest, components: { uvs: { epoch: 0, releaseSeq: seq } } });
}

/** A node that has 2.14.18 and could go back to a version. */
function goingBackTo(toVersion: string, refusal = ''): NodeRecord {
  const installed = [{ component: 'uvs', version: '2.14.18', epoch: 0, releaseSeq: 18, manifestHash: 'eighteen' }];
  const way = { manifestHash: 'eighteen', version: '2.14.18', toVersion, sizeBytes: 1, refusal };
  return node(`to-${toVersion}`, ['osd'], { facts: facts({ installed, waysBack: { releases: [way], why: '' } }) });
}

function losses(packages: readonly PackageRecord[], nodes: readonly NodeRecord[]) {
  const core = { packages: { list: async () => packages }, nodes: { list: () => nodes } };
  return rootLosses(core, trust, { before, after }, new AbortController().signal);
}

void t.test('packages that count no more only since then are counted, and nodes that would go back to such a release', async (t) => {
  const packages = [pkg('kept-17', 17), pkg('revoked-16', 16), pkg('revoked-15', 15), pkg('long-14', 14)];
  const nodes = [
    goingBackTo('2.14.17'),
    goingBackTo('2.14.16'),
    goingBackTo('2.14.16'),
    goingBackTo('2.14.16', 'a barrier stands'),
    node('none', ['osd']),
  ];
  t.strictSame(await losses(packages, nodes), { packages: 2, nodesLosingWayBack: 2, nodesUnknown: 0 });
});

void t.test('of a way back to what no one package here can tell of it is not known', async (t) => {
  const packages = [pkg('revoked-16', 16), pkg('kept-16', 16)];
  t.strictSame(await losses(packages, [goingBackTo('2.14.16'), goingBackTo('2.14.13')]), {
    packages: 1,
    nodesLosingWayBack: 0,
    nodesUnknown: 2,
  });
});
