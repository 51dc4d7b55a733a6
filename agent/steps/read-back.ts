import { lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { FileEntry } from '../../common/upd/manifest.ts';
import { pathError } from '../files/errno.ts';
import type { Plan } from '../files/plan.ts';
import { Tree } from '../files/tree.ts';
import { manifestOf, stateOf, type OperationContext } from '../operation-context.ts';
import { backOf } from '../retained/back.ts';
import { expectedBack } from '../retained/expected-back.ts';
import { loadPlan } from './commit.ts';
import { compareXattrs } from './compare-xattrs.ts';
import { DeviceReading, mismatch } from './device-reading.ts';
import type { ProvenContents } from './proven-contents.ts';

/**
 * Compares every path that was put with the manifest, or with what was there before the release that is taken back, metadata and content. Content that
 * was read back from the device before the commit (steps/prove-staged.ts, retained/verify-originals.ts) and stands in the same untouched inode is not
 * read twice; any other is read from the device now. @throws UvsError READBACK_MISMATCH
 */
export async function readBack(context: OperationContext): Promise<void> {
  const { files, plan } = await expectedOf(context);
  context.say(`Comparing ${files.length} paths with the manifest`);
  using tree = new Tree(context.setup.root);
  const reading = new DeviceReading();
  const checker = new Checker(tree, files, plan, context.proven, reading);
  await DeviceReading.each(files.entries(), ([index, entry]) => checker.check(entry, index));
  await compareXattrs(tree, files, plan);
  if (reading.readBytes > 0) context.tell(reading.judge());
}

/** What has to be there: what the manifest says, or what was there before the release that was taken back. */
async function expectedOf(context: OperationContext): Promise<{ readonly files: readonly FileEntry[]; readonly plan: Plan }> {
  const plan = await loadPlan(context);
  if (stateOf(context).action === undefined) return { files: manifestOf(context).files, plan };
  return expectedBack(await backOf(context), plan);
}

class Checker {
  readonly #tree: Tree;
  readonly #names: ReadonlyMap<number, string>;
  readonly #left: ReadonlySet<number>;
  readonly #inodes = new Map<number, string>();
  readonly #removedDirectories: ReadonlySet<string>;
  readonly #files: readonly FileEntry[];
  readonly #proven: ProvenContents;
  readonly #reading: DeviceReading;

  constructor(tree: Tree, files: readonly FileEntry[], plan: Plan, proven: ProvenContents, reading: DeviceReading) {
    this.#tree = tree;
    this.#files = files;
    this.#proven = proven;
    this.#reading = reading;
    this.#names = new Map(plan.actions.flatMap((action) => (action.kind === 'put' ? [[action.index, action.path] as const] : [])));
    this.#left = new Set(plan.left);
    this.#removedDirectories = new Set(plan.actions.flatMap((action) => (action.kind === 'remove-directory' ? [action.path] : [])));
  }

  async check(entry: FileEntry, index: number): Promise<void> {
    if (this.#left.has(index)) return;
    const path = this.#names.get(index) ?? entry.path;
    const stat = this.#stat(path);
    if (entry.op === 'remove') {
      // a directory stays where something else lives in it
      if (stat !== undefined && !this.#removedDirectories.has(path)) throw changed(path, 'is still there');
      return;
    }
    if (stat === undefined) throw changed(path, 'is missing');
    const mode = Number(stat.mode) & 0o7777;
    if (process.geteuid?.() === 0 && (Number(stat.uid) !== entry.uid || Number(stat.gid) !== entry.gid)) {
      throw changed(path, `belongs to ${stat.uid}:${stat.gid}, not to ${entry.uid}:${entry.gid}`);
    }
    if (entry.type !== 'symlink' && mode !== entry.mode) {
      throw changed(path, `has mode ${mode.toString(8)}, not ${entry.mode.toString(8)}`);
    }
    await this.#checkContent(entry, path, stat);
  }

  async #checkContent(entry: FileEntry & { op: 'put' }, path: string, stat: BigIntStats): Promise<void> {
    switch (entry.type) {
      case 'directory':
        if (!stat.isDirectory()) throw changed(path, 'is no directory');
        return;
      case 'symlink':
        if (!stat.isSymbolicLink() || readlinkSync(this.#tree.address(path)) !== entry.link)
          throw changed(path, 'is not the symlink that the release brings');
        return;
      case 'file': {
        if (!stat.isFile()) throw changed(path, 'is no regular file');
        if (entry.linkGroup !== 0) this.#checkLink(entry.linkGroup, path, stat);
        if (this.#proven.has(stat, entry.sha256)) return;
        const read = await this.#reading.read(this.#tree.address(path), path);
        if (read.sizeBytes !== entry.size || read.sha256 !== entry.sha256) throw changed(path, 'has another content');
        return;
      }
      default:
        entry satisfies never;
    }
  }

  #checkLink(group: number, path: string, stat: BigIntStats): void {
    const inode = `${stat.dev}:${stat.ino}`;
    const known = this.#inodes.get(group);
    if (known === undefined) this.#inodes.set(group, inode);
    else if (known !== inode && !this.#isLeftPartly(group)) throw changed(path, 'is not a hard link of its group');
  }

  #isLeftPartly(group: number): boolean {
    return this.#files.some(
      (entry, index) => entry.op === 'put' && entry.type === 'file' && entry.linkGroup === group && this.#left.has(index),
    );
  }

  #stat(path: string): BigIntStats | undefined {
    try {
      return lstatSync(this.#tree.address(path), { bigint: true, throwIfNoEntry: false });
    } catch (error) {
      if (error instanceof UvsError && error.reason === 'NOT_FOUND') return undefined;
      throw pathError(error, path, 'reading back');
    }
  }
}

function changed(path: string, what: string): UvsError {
  return mismatch(path, `${what} after the commit`);
}
