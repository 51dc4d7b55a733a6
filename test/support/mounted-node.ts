import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MountedDisk } from './mounted-disk.ts';
import { TestNode } from './update-node.ts';

/** What a /boot may be: with links, owners and modes, or as poor as a boot loader's partition. */
export type BootFileSystem = 'ext4' | 'exfat';

/**
 * A node whose root, /boot and /var are file systems of their own on loop devices, and where /srv/store is a bind mount of a directory of the root.
 * Needs root. Dispose it to unmount and remove all of it.
 */
export class MountedNode implements Disposable {
  readonly node: TestNode;
  readonly #stack: DisposableStack;

  private constructor(node: TestNode, stack: DisposableStack) {
    this.node = node;
    this.#stack = stack;
  }

  static make(boot: BootFileSystem): MountedNode {
    using stack = new DisposableStack();
    const root = stack.use(MountedDisk.make('ext4'));
    const node = stack.use(new TestNode(root.path));
    for (const [path, type] of [
      ['boot', boot],
      ['var', 'ext4'],
    ] as const) {
      const disk = stack.use(MountedDisk.make(type));
      stack.use(disk.bindTo(join(node.root, path)));
    }
    for (const path of ['var/log', 'var/lib', 'data/store', 'srv/store']) mkdirSync(join(node.root, path), { recursive: true });
    const store = join(node.root, 'srv/store');
    execFileSync('mount', ['--bind', join(node.root, 'data/store'), store]);
    stack.defer(() => void execFileSync('umount', [store]));
    return new MountedNode(node, stack.move());
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}
