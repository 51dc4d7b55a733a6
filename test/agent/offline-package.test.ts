import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { statePaths } from '../../agent/state-paths.ts';
import { runUpdIn } from '../support/run-upd.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, TestNode } from '../support/update-node.ts';
import { AgentProcess } from './link/agent-process.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);

/** A machine that no coordinator reaches; all that is known there is the root file. */
function makeMachine(from: TestNode, name: string) {
  const root = join(from.directory, name);
  mkdirSync(join(root, 'etc'), { recursive: true });
  mkdirSync(join(root, 'var/lib'), { recursive: true });
  writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
  const agent = async (...args: readonly string[]) => {
    await using process = new AgentProcess('--root', root, ...args);
    return { code: await process.ended(), output: process.output };
  };
  return {
    identityFile: statePaths(root).identity,
    look: () => snapshot(root),
    release: () => readFileSync(join(root, 'opt/release'), 'utf8'),
    recipient: async () => /age1\S+/.exec((await agent('identity')).output)?.[0] ?? '',
    apply: (path: string, ...more: readonly string[]) =>
      agent('apply', path, '--root-file', from.rootFile, '--no-slot', '--reason', 'no coordinator is left', ...more),
  };
}

void t.test('a package that is exported for a node is installed there without a coordinator, and opens nowhere else', async (t) => {
  using node = new TestNode();
  const upd = async (...args: readonly string[]) => {
    const { code, out, err } = await runUpdIn(node.directory, args);
    t.equal(code, 0, err);
    return out;
  };
  const cluster = /age1\S+/.exec(await upd('keygen', 'cluster', '--encryption'))?.[0] ?? '';
  await node.build('sealed', { seq: 1, files: [file('opt/release', 'one')] }, [cluster]);
  const sealed = node.packagePath('sealed');
  const [ours, theirs] = [makeMachine(node, 'ours'), makeMachine(node, 'theirs')];

  t.match(
    await ours.apply(sealed),
    { code: 5, output: /KEY_MISSING: .* is encrypted .*uvs-agent identity, upd export/ },
    'before it has an identity',
  );
  const recipient = await ours.recipient();
  t.match(recipient, /^age1/);
  t.equal(await ours.recipient(), recipient, 'it is made once');
  t.not(await theirs.recipient(), recipient);
  const before = ours.look();
  t.match(await ours.apply(sealed), { code: 5, output: /KEY_WRONG/ }, 'what is for the cluster alone does not open with it');

  await upd('export', 'sealed.upd', '--identity', 'cluster.identity', '--recipient', recipient, '-o', 'offline.upd');
  const offline = node.packagePath('offline');
  t.match(await theirs.apply(offline), { code: 5, output: /KEY_WRONG/ }, 'another node');
  t.match(
    await theirs.apply(offline, '--identity', join(node.directory, 'cluster.identity')),
    { code: 5, output: /KEY_WRONG/ },
    'the cluster',
  );
  t.strictSame(ours.look(), before);
  t.match(await ours.apply(offline), { code: 0 });
  t.equal(ours.release(), 'one');

  // as on a disk that took the place of another
  const named = join(node.directory, 'named.identity');
  copyFileSync(ours.identityFile, named);
  t.match(await theirs.apply(offline, '--identity', named), { code: 0 }, 'an identity that is named counts, not the own one');
  t.equal(theirs.release(), 'one');
});
