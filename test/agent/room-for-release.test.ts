import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readIndex } from '../../agent/retained/index-file.ts';
import { stateDirectoryAt } from '../../agent/state-directory.ts';
import { install } from '../support/install.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);
const isRoot = process.getuid?.() === 0;
const rootOnly = { skip: isRoot ? false : 'needs root to mount' };
const MIB = 1024 * 1024;

/** A node that retains 10 MiB of 40 on the disk below /srv, and has 20 left. */
class CrampedNode extends TestNode {
  readonly #disk = MountedDisk.make('ext4', 48);
  readonly #mounted = this.#disk.bindTo(join(this.root, 'srv'));

  async furnish(): Promise<void> {
    for (const seq of [1, 2]) {
      await this.bring(seq, 10 * MIB);
      t.match(await install(this, `${seq}`), { outcome: 'installed' });
    }
    t.strictSame(await this.waysBack(), ['2.14.1']);
  }

  async bring(seq: number, bytes: number): Promise<void> {
    await this.build(`${seq}`, { seq, files: [file('srv/big', randomBytes(bytes))] });
  }

  /** Versions that it could go back to. */
  async waysBack(): Promise<readonly string[]> {
    return (await readIndex(stateDirectoryAt(this.statePath))).retained.map(({ toVersion }) => toVersion);
  }

  override [Symbol.dispose](): void {
    this.#mounted[Symbol.dispose]();
    this.#disk[Symbol.dispose]();
    super[Symbol.dispose]();
  }
}

void t.test('a release that can never fit is refused, and the node keeps its way back', rootOnly, async (t) => {
  using node = new CrampedNode();
  await node.furnish();
  const before = snapshot(node.root, ['var/lib/uvs-agent']);
  await node.bring(3, 30 * MIB);
  t.match(await install(node, '3'), {
    outcome: 'failed',
    message: /^NO_SPACE: \S+\/srv has \d\d\.\d MiB free and the release needs 3\d\.\d MiB there/,
  });
  t.strictSame(await node.waysBack(), ['2.14.1']);
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before, 'what it goes back by is there');
});

void t.test('where giving it up makes a release fit, the way back is given up, and that is told', rootOnly, async (t) => {
  using node = new CrampedNode();
  await node.furnish();
  await node.bring(3, 22 * MIB);
  t.match(await install(node, '3'), { outcome: 'installed' });
  t.match(node.printed.join('\n'), /WARNING: 2\.14\.1 is not retained any more: it was given up to make room for 2\.14\.3/);
});

void t.test('what has another name elsewhere gives no room, and is not given up for it', rootOnly, async (t) => {
  using node = new CrampedNode();
  await node.furnish();
  const area = join(node.root, 'srv/.uvs-retained');
  const [operation = ''] = readdirSync(area);
  const [original = ''] = readdirSync(join(area, operation));
  linkSync(join(area, operation, original), join(node.root, 'srv/kept-by-somebody'));
  await node.bring(3, 22 * MIB);
  t.match(await install(node, '3'), { outcome: 'failed', message: /^NO_SPACE: / });
  t.strictSame(await node.waysBack(), ['2.14.1']);
  rmSync(join(node.root, 'srv/kept-by-somebody'));
  t.match(await install(node, '3'), { outcome: 'installed' });
});
