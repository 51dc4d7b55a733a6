import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { apply } from '../../agent/commands/apply.ts';
import { installedAlready } from '../../agent/commands/already-installed.ts';
import { knownRoot } from '../../agent/commands/console-root.ts';
import { rollback } from '../../agent/commands/rollback.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { trust } from '../../agent/commands/trust.ts';
import { generateSigningKey } from '../../common/upd/keys.ts';
import { parseRoot, type SignedRoot } from '../../common/upd/root.ts';
import { install } from '../support/install.ts';
import { chainOf, linkOf } from '../support/root-chain.ts';
import { refusal } from '../support/upd.ts';
import { file, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);
const never = new AbortController().signal;
const word = { noSlotReason: 'a test' };
const [stolen, good, stranger] = [generateSigningKey(), generateSigningKey(), generateSigningKey()];

/** A node that never joined: it has no root file of its own, and is given one with its first release. */
class LoneNode extends TestNode {
  readonly first: SignedRoot;
  readonly second: SignedRoot;

  constructor() {
    super();
    this.first = linkOf(1, { root: [this.key], vendor: [stolen, good] }, [this.key]);
    this.second = linkOf(2, { root: [this.key], vendor: [good] }, [this.key]);
  }

  async prepare(): Promise<void> {
    await rm(this.rootFile);
    await writeFile(this.at('v1.json'), this.first.bytes);
    await writeFile(this.at('v2.json'), this.second.bytes);
    await writeFile(this.at('chain.json'), chainOf({ bytes: this.first.bytes, signatures: [] }, this.second));
    await writeFile(this.at('foreign.json'), linkOf(50, { root: [stranger], vendor: [stranger] }, []).bytes);
    await this.build('one', { seq: 1, files: [file('opt/a', 'one')] }, [], [stolen]);
    await this.build('two', { seq: 2, files: [file('opt/a', 'two')] }, [], [good]);
    await this.build('foreign', { seq: 3, files: [file('opt/a', 'foreign')] }, [], [stranger]);
  }

  at(name: string): string {
    return join(this.directory, name);
  }

  given(name: string) {
    return { ...this.console(), givenRootFile: this.at(name) };
  }

  apply(name: string, rootFile: string) {
    return apply(this.given(rootFile), { file: this.packagePath(name), ...word }, never);
  }

  async version(): Promise<number | undefined> {
    return (await knownRoot(this.console()))?.root.version;
  }
}

void t.test(
  'a node that never joined takes the root file that is named with its first release, says so, and knows it from then on',
  async (t) => {
    using node = new LoneNode();
    await node.prepare();
    t.equal(await refusal(() => install(node, 'one')), 'NOT_FOUND', 'it knows none, and none is named');
    t.match(await node.apply('foreign', 'v1.json'), { outcome: 'failed', message: /KEY_UNKNOWN/ });
    t.equal(await node.version(), undefined, 'nothing of it is remembered without a release');
    t.match(await node.apply('one', 'v1.json'), { outcome: 'installed' });
    t.match(node.printed.filter((line) => line.includes('counts on your word')).at(-1), parseRoot(node.first.bytes).sha256);
    node.printed.length = 0;
    t.equal(await node.version(), 1);
    t.match(await install(node, 'two'), { outcome: 'installed' }, 'without naming it again');
    t.equal(await installedAlready(node.given('v1.json'), node.packagePath('two'), never), '2.14.2', 'nor is it wrong to name it again');
    t.strictSame(
      node.printed.filter((line) => line.includes('counts on your word')),
      [],
    );
  },
);

void t.test(
  'no root file that is named takes the place of the one that the node knows: none that is foreign, and none that is older',
  async (t) => {
    for (const hasOwn of [false, true]) {
      using node = new LoneNode();
      await node.prepare();
      await node.apply('one', 'v1.json');
      if (hasOwn) await writeFile(node.rootFile, node.first.bytes);
      await node.apply('two', 'v1.json');
      const seen = (): Promise<string> => readFile(join(node.root, 'opt/a'), 'utf8');
      t.equal(await refusal(() => node.apply('foreign', 'foreign.json')), 'ROOT_INVALID');
      t.equal(await refusal(() => node.apply('foreign', 'v2.json')), 'ROOT_INVALID', 'a file says not whether it follows');
      await writeFile(node.at('forged.json'), chainOf(linkOf(2, { root: [stranger], vendor: [stranger] }, [stranger])));
      t.equal(await refusal(() => node.apply('foreign', 'forged.json')), 'ROOT_INVALID', 'a chain that does not follow');
      t.equal(await node.version(), 1);

      // as a chain that is named brings it, or a coordinator
      await node.build('three', { seq: 3, files: [file('opt/a', 'three')] }, [], [good]);
      if (hasOwn) await writeFile(node.rootFile, node.second.bytes);
      else t.match(await node.apply('three', 'chain.json'), { outcome: 'installed' });
      t.equal(await node.version(), 2);
      if (!hasOwn) continue;
      const back = (name: string) => rollback(node.given(name), word, never);
      t.match(await rollback(node.console(), word, never), { outcome: 'failed', message: /KEY_UNKNOWN/ });
      t.equal(await refusal(() => back('v1.json')), 'ROOT_INVALID', 'a revoked key does not come back');
      t.match(await back('v2.json'), { outcome: 'failed', message: /KEY_UNKNOWN/ });
      t.match(await back('chain.json'), { outcome: 'failed', message: /KEY_UNKNOWN/ });
      t.equal(await seen(), 'two');
    }
  },
);

void t.test('a node that never joined begins anew from the root file that it remembers', async (t) => {
  using node = new LoneNode();
  await node.prepare();
  const { sha256 } = parseRoot(await readFile(node.at('foreign.json')));
  const anew = () => trust({ statePath: node.statePath, rootFile: node.rootFile, file: node.at('foreign.json'), sha256 });
  t.equal(await refusal(anew), 'NOT_FOUND', 'it trusts nothing yet');
  await node.apply('one', 'v1.json');
  t.match(await anew(), { before: 1, after: { root: { version: 50 } } });
  t.equal(await node.version(), 50);
  t.equal(await refusal(() => node.apply('two', 'v1.json')), 'ROOT_INVALID');
  t.match(await install(node, 'foreign'), { outcome: 'installed' });
});

void t.test(
  'where the release brings a newer root file than the one that is named, what is said of the way back goes by the newer',
  async (t) => {
    for (const rootFile of ['v1.json', 'chain.json']) {
      using node = new LoneNode();
      await node.prepare();
      const chain = await readFile(node.at('chain.json'));
      await node.build('vouched', { seq: 1, files: [file('opt/a', 'vouched')] }, [], [good]);
      await node.build('newer', { seq: 2, files: [file('opt/a', 'newer')] }, [], [good], chain);
      t.match(await node.apply('vouched', 'v1.json'), { outcome: 'installed' });
      t.match(await node.apply('newer', rootFile), { outcome: 'installed' });
      t.equal(await node.version(), 2);
      const said = node.printed.filter((line) => line.includes('is retained'));
      t.match(said.at(-1), /: the node can go back to it$/, rootFile);
      t.match((await readStatus(node.console())).waysBack.releases, [{ toVersion: '2.14.1', refusal: '' }]);
      t.equal(await refusal(() => node.apply('vouched', 'v1.json')), 'ROOT_INVALID', 'from the next command on it is not the node’s own');
    }
  },
);
