import * as fc from 'fast-check';
import t from 'tap';
import type { InstalledRelease } from '../../../common/facts.ts';
import type { Manifest } from '../../../common/upd/manifest.ts';
import { checkInstallable, type InstallableNode } from '../../../common/upd/requirements.ts';
import { refusal, sampleManifest } from '../../support/upd.ts';

const HASH = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const manifest: Manifest = sampleManifest([], []);
const bare: InstallableNode = {
  distroId: 'debian',
  distroVersion: '12',
  arch: 'arm64',
  board: 'ms-4',
  roles: ['osd'],
  agentVersion: '0.1.0',
  installed: [],
};
const installed = (releaseSeq: number, manifestHash = OTHER, epoch = 0, component = 'uvs'): InstalledRelease => ({
  component,
  version: '9.99',
  epoch,
  releaseSeq,
  manifestHash,
});
const check = (change: Partial<Manifest>, node: Partial<InstallableNode> = {}) =>
  checkInstallable({ manifest: { ...manifest, ...change }, manifestHash: HASH }, { ...bare, ...node });
const refused = (change: Partial<Manifest>, node: Partial<InstallableNode> = {}) => refusal(() => check(change, node));
const target = (change: Partial<Manifest['target']>) => ({ target: { ...manifest.target, ...change } });

void t.test('a fitting node may install', async (t) => {
  t.equal(check({}), 'install');
});

void t.test('another distribution, version, architecture, board or role is refused', async (t) => {
  t.equal(await refused({}, { distroId: 'ubuntu' }), 'TARGET_MISMATCH');
  t.equal(await refused({}, { distroVersion: '11' }), 'TARGET_MISMATCH');
  t.equal(await refused({}, { arch: 'x86_64' }), 'TARGET_MISMATCH');
  t.equal(await refused(target({ boards: ['ms-8'] })), 'TARGET_MISMATCH');
  t.equal(await refused(target({ roles: ['mon', 'mgr'] })), 'TARGET_MISMATCH');
  t.equal(await refused(target({ roles: ['mon'] }), { roles: [] }), 'TARGET_MISMATCH');
});

void t.test('an empty list is any, and one fitting role suffices', async (t) => {
  t.equal(check(target({ distro: '', distroVersions: [], archs: [] }), { distroId: 'x', distroVersion: 'y', arch: 'z' }), 'install');
  t.equal(check(target({ roles: ['mon', 'osd'] }), { roles: ['mds', 'osd'] }), 'install');
});

void t.test('an agent that is too old, or of no version, is refused', async (t) => {
  t.equal(await refused({ minAgent: '0.2' }), 'AGENT_TOO_OLD');
  t.equal(await refused({}, { agentVersion: 'unknown' }), 'AGENT_TOO_OLD');
  t.equal(check({ minAgent: '0.1.0' }, { agentVersion: '0.10.0' }), 'install');
});

void t.test('packages for a manager that the agent does not drive are refused', async (t) => {
  const packages: Manifest['packages'] = [{ op: 'remove', manager: 'deb', name: 'x', version: '1', arch: 'all' }];
  t.equal(await refused({ packages }), 'AGENT_TOO_OLD');
  t.equal(await refused({ packages }, { packageManagers: ['rpm'] }), 'AGENT_TOO_OLD');
  t.equal(check({ packages }, { packageManagers: ['deb'] }), 'install');
});

void t.test('the order is by epoch and release number alone, never by version', async (t) => {
  t.equal(check({}, { installed: [installed(16)] }), 'install', 'a lower version with a higher number');
  t.equal(await refused({}, { installed: [installed(18)] }), 'RELEASE_NOT_NEWER');
  t.equal(await refused({}, { installed: [installed(1, OTHER, 1)] }), 'RELEASE_NOT_NEWER');
  t.equal(check({ components: { uvs: { epoch: 2, releaseSeq: 1 } } }, { installed: [installed(99, OTHER, 1)] }), 'install');
});

void t.test('the same number with the same manifest is installed already; with another it is refused', async (t) => {
  t.equal(check({}, { installed: [installed(17, HASH)] }), 'already-installed');
  t.equal(await refused({}, { installed: [installed(17, OTHER)] }), 'RELEASE_CONTENT_CHANGED');
});

void t.test('below what was taken back nothing is taken, and at its number nothing but itself', async (t) => {
  const back = (releaseSeq: number, manifestHash = OTHER, epoch = 0, component = 'uvs') => ({
    installed: [installed(10)],
    takenBack: [installed(releaseSeq, manifestHash, epoch, component)],
  });
  t.equal(check({}, back(17, HASH)), 'install', 'it may come again');
  t.equal(check({}, back(16)), 'install', 'newer');
  t.equal(await refused({}, back(17)), 'RELEASE_CONTENT_CHANGED');
  t.equal(await refused({}, back(18)), 'RELEASE_NOT_NEWER');
  t.equal(await refused({}, back(1, OTHER, 1)), 'RELEASE_NOT_NEWER', 'of an earlier epoch');
  t.equal(check({}, back(18, OTHER, 0, 'kernel')), 'install', 'another component');
  t.equal(check({}, { ...back(18), installed: [installed(17, HASH)] }), 'already-installed');
});

void t.test('one component that would go back is enough to refuse', async (t) => {
  const components = { uvs: { epoch: 0, releaseSeq: 17 }, kernel: { epoch: 0, releaseSeq: 3 } };
  const both = [installed(16), installed(4, OTHER, 0, 'kernel')];
  t.equal(await refused({ components }, { installed: both }), 'RELEASE_NOT_NEWER');
  t.equal(await refused({ components }, { installed: [installed(17, HASH), installed(3, OTHER, 0, 'kernel')] }), 'RELEASE_CONTENT_CHANGED');
  t.equal(check({ components }, { installed: [installed(17, HASH)] }), 'install', 'only one of two is there');
});

void t.test('a partial package goes onto exactly its base', async (t) => {
  const partial = { kind: 'partial', base: OTHER } as const;
  t.equal(check(partial, { installed: [installed(16, OTHER)] }), 'install');
  t.equal(await refused(partial, { installed: [installed(16, 'c'.repeat(64))] }), 'BASE_MISMATCH');
  t.equal(await refused(partial, { installed: [] }), 'BASE_MISMATCH');
  t.equal(await refused(partial, { installed: [installed(16, OTHER, 0, 'kernel')] }), 'BASE_MISMATCH', 'the base of something else');
  t.equal(check(partial, { installed: [installed(17, HASH)] }), 'already-installed');
});

void t.test('one of the required manifests must be there', async (t) => {
  t.equal(check({ requires: [HASH, OTHER] }, { installed: [installed(16, OTHER)] }), 'install');
  t.equal(await refused({ requires: [HASH] }, { installed: [installed(16, OTHER)] }), 'BASE_MISMATCH');
  t.equal(await refused({ requires: [HASH] }), 'BASE_MISMATCH');
});

void t.test('of two different releases of a component, never may each replace the other', async () => {
  const order = fc.record({ epoch: fc.nat(2), releaseSeq: fc.integer({ min: 1, max: 3 }) });
  await fc.assert(
    fc.asyncProperty(order, order, async (a, b) => {
      const aOntoB = await refused({ components: { uvs: a } }, { installed: [installed(b.releaseSeq, OTHER, b.epoch)] });
      const bOntoA = await refused({ components: { uvs: b } }, { installed: [installed(a.releaseSeq, OTHER, a.epoch)] });
      return aOntoB !== undefined || bOntoA !== undefined;
    }),
  );
});
