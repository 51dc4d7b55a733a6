import { writeFile, readFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import { trust } from '../../agent/commands/trust.ts';
import { currentRoot, readInstalled } from '../../agent/installed.ts';
import { followCarried, type CarriedRoot } from '../../agent/steps/newest-root.ts';
import type { Ended } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { stateDirectoryAt } from '../../agent/state-directory.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { generateSigningKey } from '../../common/upd/keys.ts';
import { parseRoot, type TrustedRoot } from '../../common/upd/root.ts';
import { chainOf, linkOf } from '../support/root-chain.ts';
import { ScriptedSlots } from '../support/scripted-slots.ts';
import { install } from '../support/install.ts';
import { refusal, rootOf } from '../support/upd.ts';
import { bundleChild, file, runChild, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);
const program = await bundleChild(await mkdtemp(join(tmpdir(), 'uvs-child-')));

/** A node whose one root key is stolen, the thief's package, whose root files go up to version 9, and the root file that begins anew below that. */
class RobbedNode extends TestNode {
  readonly #anew = generateSigningKey();

  async prepare(): Promise<void> {
    const thief = generateSigningKey();
    await this.build('one', { seq: 1, files: [file('opt/app', 'one')] });
    await install(this, 'one');
    const links = [2, 3, 4, 5, 6, 7, 8, 9].map((version) => linkOf(version, { root: [this.key], vendor: [thief] }, [this.key]));
    await this.build('stolen', { seq: 2, files: [file('opt/app', 'stolen')] }, [], [thief], chainOf(...links));
    const keys = [this.#anew];
    const { bytes } = rootOf({ version: 5, root: { keys, threshold: 1 }, vendor: { keys, threshold: 1, products: ['uvs'] } });
    await writeFile(join(this.directory, 'anew.json'), bytes);
  }

  async bringStolen(slots: ScriptedSlots): Promise<Ended> {
    await using source = await openFileSource(this.packagePath('stolen'));
    await using runner = await Runner.open(await consoleSetup(this.console()), consolePorts(this.console()), 'test');
    const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
    return await runner.runOperation({ operation: 'op-1', packageDigest: '', origin, slots }, new AbortController().signal);
  }

  async beginAnew(): Promise<void> {
    const path = join(this.directory, 'anew.json');
    const { sha256 } = parseRoot(await readFile(path));
    await trust({ statePath: this.statePath, rootFile: this.rootFile, file: path, sha256 });
  }

  async trusted(): Promise<number> {
    const state = stateDirectoryAt(this.statePath);
    return (await currentRoot(state, await readInstalled(state), parseRoot(await readFile(this.rootFile)))).root.version;
  }

  app(): Promise<string> {
    return readFile(join(this.root, 'opt/app'), 'utf8');
  }
}

void t.test(
  'a package of stolen root keys that is staged does not begin once the node was told to begin anew, and nothing of it counts',
  async (t) => {
    using node = new RobbedNode();
    await node.prepare();
    const slots = new ScriptedSlots();
    const grant = slots.awaitGrant.bind(slots);
    slots.awaitGrant = async () => {
      await node.beginAnew();
      return await grant();
    };
    const ended = await node.bringStolen(slots);
    t.match(ended, { outcome: 'failed', message: /ROOT_INVALID: .*another root file of version 5/ });
    t.strictSame(slots.asked, ['grant'], 'it does not even ask to begin');
    t.equal(await node.app(), 'one');
    t.equal(await node.trusted(), 5);
  },
);

void t.test('what has begun is finished although the node is told to begin anew meanwhile, and its root file does not count', async (t) => {
  using node = new RobbedNode();
  await node.prepare();
  const slots = new ScriptedSlots();
  const begin = slots.begin.bind(slots);
  slots.begin = async () => {
    await node.beginAnew();
    return await begin();
  };
  const ended = await node.bringStolen(slots);
  t.match(ended, { outcome: 'installed', outputTail: /WARNING: the root file that came with the release is not kept: .*version 5/ });
  t.equal(await node.trusted(), 5);
});

void t.test(
  'an agent that was dead while the node was told to begin anew does not have the root file of what it finishes count',
  async (t) => {
    for (const dieAt of ['release-remembered', 'done-recorded', 'installed-written']) {
      using node = new RobbedNode();
      await node.prepare();
      const { root, rootFile } = node;
      const died = await runChild(program, { command: 'apply', root, rootFile, file: node.packagePath('stolen'), dieAt, hasSlots: true });
      t.equal(died.signal, 'SIGKILL', died.output);
      const isCounting = dieAt === 'installed-written';
      t.equal(await node.trusted(), isCounting ? 9 : 1, dieAt);
      if (isCounting) {
        t.equal(await refusal(() => node.beginAnew()), 'ROOT_INVALID', 'the operator is told that it needs a version above');
        continue;
      }
      await node.beginAnew();
      await runChild(program, { command: 'recover', root, rootFile });
      t.equal(await node.trusted(), 5, `${dieAt}: ${await node.app()}`);
    }
  },
);

void t.test('the root files of a package are followed from what is trusted now', async (t) => {
  const [lost, begun] = [generateSigningKey(), generateSigningKey()];
  const linked = [1, 2, 3].map((version) => linkOf(version, { root: [lost], vendor: [lost] }, [lost]));
  const [first, second, third] = linked.map(({ bytes }) => parseRoot(bytes));
  if (first === undefined || second === undefined || third === undefined) throw new Error('no root files');
  const rootChain = chainOf(...linked.slice(1));
  const anew = (version: number): TrustedRoot => parseRoot(linkOf(version, { root: [begun], vendor: [begun] }, [begun]).bytes);
  t.equal(followCarried(first, { root: third, rootChain }).sha256, third.sha256, 'it leads on');
  t.equal(followCarried(anew(4), { root: third, rootChain }).sha256, anew(4).sha256, 'a newer one counts');
  const refused = (trusted: TrustedRoot, carried: CarriedRoot) =>
    refusal(() => Promise.resolve().then(() => followCarried(trusted, carried)));
  for (const version of [2, 3]) t.equal(await refused(anew(version), { root: third, rootChain }), 'ROOT_INVALID', `anew with ${version}`);
  const unknown = { root: second, rootChain: undefined };
  t.equal(followCarried(second, unknown).sha256, second.sha256, 'without a chain: the same');
  t.equal(followCarried(third, unknown).sha256, third.sha256, 'a newer one');
  for (const trusted of [first, anew(2)]) t.equal(await refused(trusted, unknown), 'ROOT_INVALID', 'nobody can tell');
});
