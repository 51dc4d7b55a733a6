import { createHash } from 'node:crypto';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import { trust } from '../../agent/commands/trust.ts';
import { PackageRoot } from '../../agent/package-root.ts';
import { Runner } from '../../agent/runner.ts';
import { openStateDirectory } from '../../agent/state-directory.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { generateSigningKey, type SigningKey } from '../../common/upd/keys.ts';
import { parseRoot, type SignedRoot } from '../../common/upd/root.ts';
import { TestAuthority } from '../support/authority.ts';
import { eventually } from '../support/eventually.ts';
import { chainOf, linkOf } from '../support/root-chain.ts';
import { ScriptedSlots } from '../support/scripted-slots.ts';
import { refusal, rootOf } from '../support/upd.ts';
import { file, TestNode } from '../support/update-node.ts';
import { AgentProcess, enrol } from './link/agent-process.ts';
import { FakeCoordinator } from './link/fake-coordinator.ts';
import { FakePackageServer } from './link/fake-package-server.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);
const UID = '5f2b1c1e-6a55-4c0f-9f0f-0d5a7a1c2b3d';
const token = { epoch: UID, createRevision: '41' };
const fresh = generateSigningKey();
const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Version 2 in which the node's first vendor key is revoked; version 3 after it. */
function revoking(node: TestNode): readonly [SignedRoot, SignedRoot] {
  const roles = { root: [node.key], vendor: [fresh] };
  return [linkOf(2, roles, [node.key]), linkOf(3, roles, [node.key])];
}

void t.test(
  'a package whose key is revoked while it waits for its slot, or in the moment of its grant, is refused right before the begin',
  async (t) => {
    for (const moment of ['waiting', 'granted'] as const) {
      using node = new TestNode();
      await node.build('one', { seq: 1, files: [file('opt/app', 'one')] });
      const given = parseRoot(await readFile(node.rootFile));
      const state = await openStateDirectory(node.statePath);
      const root = new PackageRoot(join(node.statePath, 'package-root.json'), state, given);
      const [second] = revoking(node);
      const slots = new ScriptedSlots();
      const grant = slots.awaitGrant.bind(slots);
      slots.awaitGrant = async () => {
        // that of the moment of the grant is not waited for by whoever brings it
        const followed = root.follow(chainOf(second));
        if (moment === 'waiting') await followed;
        return await grant();
      };
      await using source = await openFileSource(node.packagePath('one'));
      const setup = { ...(await consoleSetup(node.console())), trustedRoot: () => root.newest() };
      await using runner = await Runner.open(setup, consolePorts(node.console()), 'test');
      const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
      const ended = await runner.runOperation({ operation: 'op-1', packageDigest: '', origin, slots }, new AbortController().signal);
      t.match(ended, { outcome: 'failed', message: /KEY_UNKNOWN: .*root file version 2 does not know/ }, moment);
      t.strictSame(slots.asked, ['grant'], `${moment}: it does not even ask to begin`);
      t.notOk(await isThere(join(node.root, 'opt/app')));
    }
  },
);

void t.test('no chain that a coordinator could forge or keep back is followed, and none leads back', async (t) => {
  using node = new TestNode();
  const state = await openStateDirectory(node.statePath);
  const [a, b, c, d, thief] = Array.from({ length: 5 }, () => generateSigningKey());
  if (a === undefined || b === undefined || c === undefined || d === undefined || thief === undefined) throw new Error('no keys');
  const given = rootOf({ version: 1, root: { keys: [a, b, c], threshold: 2 }, vendor: { keys: [a], threshold: 1, products: ['uvs'] } });
  const path = join(node.statePath, 'package-root.json');
  const root = new PackageRoot(path, state, given);
  const two = (signers: readonly SigningKey[], keys = [b, c, d]) => linkOf(2, { root: keys, vendor: [b], threshold: 2 }, signers);
  const three = linkOf(3, { root: [c, d], vendor: [c], threshold: 2 }, [b, c, d]);
  const good = two([b, c]);
  const [signature] = good.signatures;
  const attacks: readonly (readonly [what: string, chain: Buffer])[] = [
    ['signed by nobody', chainOf(two([]))],
    ['signed by a thief of no root key', chainOf(two([thief], [thief, b]))],
    ['signed by the old keys only', chainOf(two([a, b], [c, d]))],
    ['signed by the new keys only', chainOf(two([c, d], [c, d]))],
    [
      'a threshold of one key, doubled',
      Buffer.from(chainOf({ ...good, signatures: signature === undefined ? [] : [signature, signature] })),
    ],
    ['a version is skipped', chainOf(three)],
    [
      'another file of the version that is known',
      chainOf(linkOf(1, { root: [thief], vendor: [thief] }, [thief]), two([thief], [thief, b])),
    ],
    ['a version twice', chainOf(good, good)],
    ['signatures of another version', chainOf({ bytes: good.bytes, signatures: three.signatures })],
    ['no chain at all', Buffer.from('{"root":1}')],
    ['more than fits', Buffer.alloc(300_000, '[')],
  ];
  for (const [what, chain] of attacks) {
    t.ok(['ROOT_INVALID', 'SIGNATURE_INVALID'].includes((await refusal(() => root.follow(chain))) ?? ''), what);
    t.equal((await root.newest()).root.version, 1, what);
  }
  t.notOk(await isThere(path), 'nothing of it is on the disk');

  t.equal((await root.follow(chainOf(good, three)))?.root.version, 3);
  t.equal(await root.follow(chainOf(good)), undefined, 'replayed: it leads no further');
  t.equal((await root.newest()).root.version, 3);
  t.equal(parseRoot(await readFile(path)).root.version, 3, 'it is on the disk');
  t.comment(`forged chains ${attacks.length}, followed 0`);
});

void t.test(
  'a root file with which an operator began anew counts at once, and no chain of the keys that were given up undoes it',
  async (t) => {
    using node = new TestNode();
    const state = await openStateDirectory(node.statePath);
    const [old, anew] = [generateSigningKey(), generateSigningKey()];
    const roles = (key: SigningKey) => ({
      root: { keys: [key], threshold: 1 },
      vendor: { keys: [key], threshold: 1, products: ['uvs'] },
    });
    const given = rootOf({ version: 1, ...roles(old) });
    const rootFile = join(node.statePath, 'package-root.json');
    await writeFile(rootFile, given.bytes);
    const running = new PackageRoot(rootFile, state, given);
    const begun = rootOf({ version: 9, ...roles(anew) });
    const file = join(node.directory, 'anew.json');
    await writeFile(file, begun.bytes);
    await trust({ statePath: node.statePath, rootFile, file, sha256: begun.sha256 });
    const chain = chainOf(linkOf(2, { root: [old], vendor: [old] }, [old]));
    t.equal(await running.follow(chain).catch(() => undefined), undefined);
    t.equal((await running.newest()).sha256, begun.sha256);
    t.equal(parseRoot(await readFile(rootFile)).sha256, begun.sha256, 'nor on the disk');
  },
);

void t.test(
  'an agent takes a root file with its session, tells so, keeps it over a restart, and refuses what is staged under a revoked key',
  async (t) => {
    using node = new TestNode();
    const authority = await TestAuthority.create();
    const c1 = await authority.issue('coordinator/c1');
    await using coordinator = await FakeCoordinator.start(c1);
    await enrol(node, UID, await authority.issue(`node/${UID}`, [coordinator.address]));
    const built = await node.build('one', { seq: 1, files: [file('opt/app', 'one')] });
    const bytes = await readFile(node.packagePath('one'));
    await using store = await FakePackageServer.start(c1, bytes);
    coordinator.httpsAddresses = [store.address];
    const [second, third] = revoking(node);
    const versions = (): number[] =>
      coordinator.sessions.flatMap(({ messages }) => messages.flatMap(({ heartbeat }) => heartbeat?.packageRootVersion ?? []));
    {
      await using agent = new AgentProcess('--root', node.root, 'run');
      await eventually('a session', () => coordinator.sessions.length === 1);
      t.equal(coordinator.session.hello?.packageRootVersion, 1);
      const digest = createHash('sha256').update(bytes).digest('hex');
      coordinator.send({
        assign: { operation: 'op-1', packageDigest: digest, packageSizeBytes: String(bytes.length), manifestHash: built.manifestHash },
      });
      await eventually('staged', () =>
        coordinator.sessions.some(({ messages }) => messages.some(({ progress }) => progress?.phase === 'staged')),
      );
      coordinator.send({ packageRoot: { rootChain: chainOf(third) } });
      coordinator.send({ packageRoot: { rootChain: chainOf(second) } });
      coordinator.send({ grant: { operation: 'op-1', token } });
      await eventually('the report', () => coordinator.reports.length === 1);
      t.match(coordinator.reports[0], { operation: 'op-1', token, message: /KEY_UNKNOWN/ });
      t.not(coordinator.reports[0]?.outcome, 'OUTCOME_INSTALLED');
      t.notOk(await isThere(join(node.root, 'opt/app')));
      await eventually('it is told', () => versions().includes(2));
      t.ok(agent);
    }
    await using again = new AgentProcess('--root', node.root, 'run');
    await eventually('another session', () => coordinator.sessions.length === 2);
    t.equal(coordinator.session.hello?.packageRootVersion, 2, 'it is known after a restart');
    coordinator.send({ packageRoot: { rootChain: chainOf(second, third) } });
    await eventually('the next one is told', () => versions().includes(3));
    t.ok(again);
  },
);

void t.test(
  'where the root keys are lost a node begins anew with another root file, only with one that is newer, and of the right hash',
  async (t) => {
    using node = new TestNode();
    await openStateDirectory(node.statePath);
    const anew = (version: number) =>
      rootOf({ version, root: { keys: [fresh], threshold: 1 }, vendor: { keys: [fresh], threshold: 1, products: ['uvs'] } });
    const path = join(node.directory, 'anew.json');
    const options = { statePath: node.statePath, rootFile: node.rootFile, file: path };
    await writeFile(path, anew(1).bytes);
    t.equal(await refusal(() => trust({ ...options, sha256: anew(1).sha256 })), 'ROOT_INVALID', 'of the version that is known');
    await writeFile(path, anew(2).bytes);
    t.equal(await refusal(() => trust({ ...options, sha256: anew(3).sha256 })), 'ROOT_INVALID', 'another file than was told');
    const nowhere = join(node.directory, 'no/root.json');
    t.equal(await refusal(() => trust({ ...options, rootFile: nowhere, sha256: anew(2).sha256 })), 'NOT_FOUND', 'a node that has none');
    t.match(await trust({ ...options, sha256: anew(2).sha256 }), { before: 1, after: { root: { version: 2 } } });
    t.equal(parseRoot(await readFile(node.rootFile)).sha256, anew(2).sha256);
  },
);

void t.test('a chain that comes while an operator gives the node another root file does not undo that', async (t) => {
  const [lost, begun] = [generateSigningKey(), generateSigningKey()];
  const linkOfLost = (version: number): SignedRoot => linkOf(version, { root: [lost], vendor: [lost] }, [lost]);
  const anew = linkOf(1000, { root: [begun], vendor: [begun] }, [begun]);
  const { sha256 } = parseRoot(anew.bytes);
  for (let round = 0; round < 20; round += 1) {
    const directory = t.testdir({ given: Buffer.from(anew.bytes), 'root.json': Buffer.from(linkOfLost(1).bytes) });
    const rootFile = join(directory, 'root.json');
    const state = await openStateDirectory(join(directory, 'state'));
    const agent = new PackageRoot(rootFile, state, parseRoot(linkOfLost(1).bytes));
    const trusting = trust({ statePath: state.path, rootFile, file: join(directory, 'given'), sha256 });
    const following = agent.follow(chainOf(linkOfLost(2))).catch(() => undefined);
    await Promise.all([trusting, following]);
    t.equal(parseRoot(await readFile(rootFile)).root.version, 1000);
  }
});
