import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { FileEntry } from '../../common/upd/manifest.ts';
import { pathError } from '../files/errno.ts';
import type { Plan } from '../files/plan.ts';
import { Tree } from '../files/tree.ts';
import { manifestOf, type OperationContext } from '../operation-context.ts';
import { bytesReadFromStorage, DeviceReader } from '../os/device-reader.ts';
import { loadPlan } from './commit.ts';

/** Files read at once: enough to keep an SSD busy, little enough for small memories (1 MiB each). */
const READERS = 4;

/**
 * Reads everything that the release put back from the device, past the page cache, and compares content and metadata with the manifest;
 * says aloud where the device was not reached. @throws UvsError READBACK_MISMATCH
 */
export async function readBack(context: OperationContext): Promise<void> {
  const manifest = manifestOf(context);
  const plan = await loadPlan(context);
  context.say(`Reading back ${manifest.files.length} paths`);
  using tree = new Tree(context.setup.root);
  const checker = new Checker(tree, manifest.files, plan);
  const before = bytesReadFromStorage();
  const work = manifest.files.entries();
  await Promise.all(
    Array.from({ length: READERS }, async () => {
      const reader = new DeviceReader();
      for (const [index, entry] of work) await checker.check(entry, index, reader);
    }),
  );
  const after = bytesReadFromStorage();
  const fromDevice = before === undefined || after === undefined ? undefined : after - before;
  for (const line of judge(checker.readBytes, checker.cachedPath, fromDevice)) context.tell(line);
}

function judge(readBytes: number, cachedPath: string | undefined, fromDevice: number | undefined): readonly string[] {
  if (cachedPath !== undefined)
    return [
      `WARNING: read back through the page cache, not from the device: ${cachedPath} and others are on a file system without O_DIRECT`,
    ];
  if (fromDevice === undefined) return [`Read back ${readBytes} bytes with O_DIRECT; the kernel keeps no count to prove it by`];
  // O_DIRECT reads whole blocks, so the count is never below the content where a device was read
  if (fromDevice < readBytes)
    return [
      `WARNING: of ${readBytes} bytes read back the kernel counts only ${fromDevice} from storage: some file system answered from memory`,
    ];
  return [`Read back ${readBytes} bytes from the device (${fromDevice} by the kernel's count)`];
}

class Checker {
  readBytes = 0;
  /** A file that could not be read past the page cache. */
  cachedPath: string | undefined;
  readonly #tree: Tree;
  readonly #names: ReadonlyMap<number, string>;
  readonly #left: ReadonlySet<number>;
  readonly #inodes = new Map<number, string>();
  readonly #removedDirectories: ReadonlySet<string>;
  readonly #files: readonly FileEntry[];

  constructor(tree: Tree, files: readonly FileEntry[], plan: Plan) {
    this.#tree = tree;
    this.#files = files;
    this.#names = new Map(plan.actions.flatMap((action) => (action.kind === 'put' ? [[action.index, action.path] as const] : [])));
    this.#left = new Set(plan.left);
    this.#removedDirectories = new Set(plan.actions.flatMap((action) => (action.kind === 'remove-directory' ? [action.path] : [])));
  }

  async check(entry: FileEntry, index: number, reader: DeviceReader): Promise<void> {
    if (this.#left.has(index)) return;
    const path = this.#names.get(index) ?? entry.path;
    const stat = this.#stat(path);
    if (entry.op === 'remove') {
      // a directory stays where something else lives in it
      if (stat !== undefined && !this.#removedDirectories.has(path)) throw mismatch(path, 'is still there');
      return;
    }
    if (stat === undefined) throw mismatch(path, 'is missing');
    if (process.geteuid?.() === 0 && (stat.uid !== entry.uid || stat.gid !== entry.gid)) {
      throw mismatch(path, `belongs to ${stat.uid}:${stat.gid}, not to ${entry.uid}:${entry.gid}`);
    }
    if (entry.type !== 'symlink' && (stat.mode & 0o7777) !== entry.mode) {
      throw mismatch(path, `has mode ${(stat.mode & 0o7777).toString(8)}, not ${entry.mode.toString(8)}`);
    }
    await this.#checkContent(entry, path, stat, reader);
  }

  async #checkContent(entry: FileEntry & { op: 'put' }, path: string, stat: Stats, reader: DeviceReader): Promise<void> {
    switch (entry.type) {
      case 'directory':
        if (!stat.isDirectory()) throw mismatch(path, 'is no directory');
        return;
      case 'symlink':
        if (!stat.isSymbolicLink() || readlinkSync(this.#tree.address(path)) !== entry.link)
          throw mismatch(path, 'is not the symlink that the release brings');
        return;
      case 'file': {
        if (!stat.isFile()) throw mismatch(path, 'is no regular file');
        if (entry.linkGroup !== 0) this.#checkLink(entry.linkGroup, path, stat);
        const read = await this.#hash(path, reader);
        if (read.sizeBytes !== entry.size || read.sha256 !== entry.sha256) throw mismatch(path, 'has another content');
        this.readBytes += read.sizeBytes;
        if (!read.isDirect) this.cachedPath ??= path;
        return;
      }
      default:
        entry satisfies never;
    }
  }

  #checkLink(group: number, path: string, stat: Stats): void {
    const inode = `${stat.dev}:${stat.ino}`;
    const known = this.#inodes.get(group);
    if (known === undefined) this.#inodes.set(group, inode);
    else if (known !== inode && !this.#isLeftPartly(group)) throw mismatch(path, 'is not a hard link of its group');
  }

  #isLeftPartly(group: number): boolean {
    return this.#files.some(
      (entry, index) => entry.op === 'put' && entry.type === 'file' && entry.linkGroup === group && this.#left.has(index),
    );
  }

  async #hash(path: string, reader: DeviceReader): ReturnType<DeviceReader['hash']> {
    try {
      return await reader.hash(this.#tree.address(path));
    } catch (error) {
      throw pathError(error, path, 'reading back');
    }
  }

  #stat(path: string): Stats | undefined {
    try {
      return lstatSync(this.#tree.address(path), { throwIfNoEntry: false });
    } catch (error) {
      if (error instanceof UvsError && error.reason === 'NOT_FOUND') return undefined;
      throw pathError(error, path, 'reading back');
    }
  }
}

function mismatch(path: string, what: string): UvsError {
  return new UvsError('READBACK_MISMATCH', `${path} ${what} after the commit`, { hint: 'The disk may be failing: see the kernel log.' });
}
