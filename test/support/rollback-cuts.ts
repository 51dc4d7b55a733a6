import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { apply } from '../../agent/commands/apply.ts';
import { recover } from '../../agent/commands/recover.ts';
import { rollback } from '../../agent/commands/rollback.ts';
import { readStatus } from '../../agent/commands/status.ts';
import type { Test } from 'tap';
import { onDiskAct } from '../../common/disk-act.ts';
import { memoryNode } from './memory-node.ts';
import { snapshot } from './tree-snapshot.ts';
import { directory, file, remove, symlink, type TestNode } from './update-node.ts';

const never = new AbortController().signal;
const word = { noSlotReason: 'a test' };

/** Releases whose difference has everything that a release may change, small. */
async function buildReleases(node: TestNode): Promise<void> {
  await node.build('one', {
    seq: 1,
    files: [
      directory('opt/old'),
      file('opt/old/gone', 'gone in two'),
      file('opt/bin', 'one', { mode: 0o755 }),
      file('opt/linked-a', 'linked', { linkGroup: 1 }),
      file('opt/linked-b', 'linked', { linkGroup: 1 }),
      symlink('opt/current', 'bin'),
      file('etc/beside.conf', '1', { config: 'new-beside' }),
    ],
  });
  await node.build('two', {
    seq: 2,
    files: [
      directory('opt', 0o750),
      directory('opt/new'),
      file('opt/new/file', 'new in two', { mode: 0o4755 }),
      remove('opt/old'),
      remove('opt/old/gone'),
      file('opt/bin', 'two', { mode: 0o700, uid: 12, gid: 34 }),
      file('opt/linked-a', 'linked two', { linkGroup: 1 }),
      file('opt/linked-b', 'linked two', { linkGroup: 1 }),
      symlink('opt/current', 'new/file'),
      file('etc/beside.conf', '2', { config: 'new-beside' }),
    ],
  });
}

/** Does work that stops dead at one act on the disk: neither it nor any later one is done, as if the process had been killed there. */
async function killedAt(point: number, root: string, work: () => Promise<unknown>): Promise<void> {
  let done = 0;
  {
    using _ = onDiskAct((act) => {
      if (done >= point) act.failWith(new Error('killed'));
      done += 1;
    });
    await work().catch(() => undefined);
  }
  // a process that is killed leaves its lock behind, and the next one sees that nobody holds it
  rmSync(join(root, 'var/lib/uvs-agent/lock'), { force: true });
}

async function countActs(work: () => Promise<unknown>): Promise<readonly string[]> {
  const acts: string[] = [];
  using _ = onDiskAct(({ path }) => void acts.push(path));
  await work();
  return acts;
}

function copy(from: string, to: string): string {
  rmSync(to, { recursive: true, force: true });
  execFileSync('cp', ['-a', from, to]);
  return to;
}

/** Every so many of the points, the first among them. */
function sampled(from: number, to: number, each: number): readonly number[] {
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / each)) }, (_, index) => from + index * each);
}

/** Kills a rollback before its acts on the disk, of `each` acts one, and looks what is left of it once it is recovered. */
export async function cutRollbacks(t: Test, each: number): Promise<void> {
  using node = memoryNode();
  await buildReleases(node);
  await apply(node.console(), { file: node.packagePath('one'), ...word }, never);
  appendFileSync(join(node.root, 'etc/beside.conf'), 'edited');
  const old = snapshot(node.root);
  await apply(node.console(), { file: node.packagePath('two'), ...word }, never);
  const recent = snapshot(node.root);
  const template = copy(node.root, join(node.directory, 'template'));
  const acts = await countActs(() => rollback(node.console(copy(template, join(node.directory, 'counted'))), word, never));
  const counts = { old: 0, new: 0, mixed: 0 };
  const root = join(node.directory, 'root');
  for (const point of sampled(0, acts.length, each)) {
    copy(template, root);
    await killedAt(point, root, () => rollback(node.console(root), word, never));
    // and again in the middle of the recovery of every third
    if (point % 3 === 0) await killedAt(6 + (point % 7), root, () => recover(node.console(root)));
    await recover(node.console(root));
    const now = snapshot(root);
    const kind = now.join() === old.join() ? 'old' : now.join() === recent.join() ? 'new' : 'mixed';
    counts[kind] += 1;
    if (kind === 'mixed') t.strictSame(now, old, `killed before ${acts[point]}`);
    const { installed, operations, waysBack } = await readStatus(node.console(root));
    if (installed.components[0]?.releaseSeq !== (kind === 'new' ? 2 : 1)) t.fail(`what is remembered is not what is there: ${acts[point]}`);
    if (operations.length > 0 || existsSync(join(root, '.uvs-staging'))) t.fail(`something is left of it: ${acts[point]}`);
    if (kind === 'new' && waysBack.releases[0]?.refusal !== '') t.fail(`the way back is gone: ${acts[point]}`);
    if ((point / each) % 8 !== 0) continue;
    const ended = await (kind === 'new'
      ? rollback(node.console(root), word, never)
      : apply(node.console(root), { file: node.packagePath('two'), ...word }, never));
    t.match(ended, { outcome: kind === 'new' ? 'done' : 'installed' }, 'and the node is as good as before');
    t.strictSame(snapshot(root), kind === 'new' ? old : recent);
  }
  t.comment(
    `cut points of a rollback ${acts.length}, recovered to the release before ${counts.old}, to the one that was to be taken back ${counts.new}, mixed ${counts.mixed}`,
  );
  t.equal(counts.mixed, 0);
  t.ok(counts.old > 0 && counts.new > 0);
}

/** Kills a release before the acts that retain what was before it, and has them fail for want of space, and looks whether it is done. */
export async function cutRetaining(t: Test, each: number): Promise<void> {
  using node = memoryNode();
  await buildReleases(node);
  await apply(node.console(), { file: node.packagePath('one'), ...word }, never);
  const template = copy(node.root, join(node.directory, 'template'));
  const old = snapshot(template);
  const bring = (root: string) => apply(node.console(root), { file: node.packagePath('two'), ...word }, never);
  const acts = await countActs(() => bring(copy(template, join(node.directory, 'counted'))));
  const first = acts.findIndex((path) => path.includes('/uvs-agent/retained/'));
  t.ok(first > 0);
  const ended = acts.findIndex((path, index) => index > first && path.endsWith('/journal'));
  const counts = { killed: 0, full: 0, back: 0, none: 0 };
  const root = join(node.directory, 'root');
  const judge = async (where: string): Promise<void> => {
    const { installed, waysBack } = await readStatus(node.console(root));
    if (installed.components[0]?.releaseSeq !== 2) t.fail(`done was not done: ${where}`);
    const [way] = waysBack.releases;
    if (way === undefined) {
      counts.none += 1;
      if (waysBack.why === '') t.fail(`nobody says why there is no way back: ${where}`);
      return;
    }
    counts.back += 1;
    t.match(await rollback(node.console(root), word, never), { outcome: 'done' }, where);
    t.strictSame(snapshot(root), old);
  };
  for (const point of sampled(ended + 2, acts.length, each)) {
    copy(template, root);
    await killedAt(point, root, () => bring(root));
    await recover(node.console(root));
    counts.killed += 1;
    await judge(`killed before ${acts[point]}`);
  }
  const isOfRetaining = (path: string): boolean => path.includes('/uvs-agent/retained/') || path.includes('.uvs-retained');
  const ofRetaining = acts.flatMap((path, index) => (isOfRetaining(path) ? [index] : []));
  for (const place of sampled(0, ofRetaining.length, each)) {
    const point = ofRetaining[place] ?? 0;
    const path = acts[point] ?? '';
    copy(template, root);
    let done = -1;
    {
      // from there on the disk has no room for anything of the kind
      using _ = onDiskAct((act) => {
        done += 1;
        if (done < point || !isOfRetaining(act.path) || act.kind === 'unlink' || act.kind === 'rmdir') return;
        act.failWith(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
      });
      t.match(await bring(root), { outcome: 'installed' });
    }
    counts.full += 1;
    await judge(`full before ${path}`);
  }
  t.comment(
    `while retaining: killed ${counts.killed} times, disk full ${counts.full} times; done stayed done, the way back was there ${counts.back} times`,
  );
  t.ok(counts.back > 0 && counts.none > 0);
}
