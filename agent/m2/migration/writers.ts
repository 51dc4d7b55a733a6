import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UvsError } from '../../../common/errors.ts';
import { isErrno } from '../../files/errno.ts';
import { innermostUnit } from '../../os/cgroup-unit.ts';

/** A process that writes below a directory, or may at any time. */
export interface Writer {
  readonly pid: number;
  readonly command: string;
  /** Unit of systemd that it belongs to; undefined: of none. */
  readonly unit: string | undefined;
  /** What it has there, as the end of a sentence about it. */
  readonly has: string;
}

/** Of open(2): O_WRONLY or O_RDWR. */
const TO_WRITE = 0o3;

/**
 * Looks through all processes for those that have a file below a directory open for writing or mapped so, have a directory there open, or work in one: by
 * the files themselves, so that one in a container is found too, which knows them by other names, and by name, for what is new. What the kernel itself
 * has open (a loop device, swap, a file server of its own) is not seen.
 */
export async function writersBelow(directory: string): Promise<readonly Writer[]> {
  const tree = await Tree.read(directory);
  const writers: Writer[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const has = await whatItHas(pid, tree);
    if (has === undefined) continue;
    writers.push(await writerOf(pid, has));
  }
  return writers;
}

/** @param has as in Writer */
export async function writerOf(pid: number, has: string): Promise<Writer> {
  const command = (await orGone(readFile(`/proc/${pid}/comm`, 'utf8'))) ?? '?';
  const unit = innermostUnit((await orGone(readFile(`/proc/${pid}/cgroup`, 'utf8'))) ?? '');
  return { pid, command: command.trim(), unit, has };
}

/** "1234 (ceph-mgr, of ceph-mgr@a.service), which has /x/log open for writing". */
export function describeWriter({ pid, command, unit, has }: Writer): string {
  return `${pid} (${command}${unit === undefined ? '' : `, of ${unit}`}), which ${has}`;
}

/** What is below a directory, by device and inode. */
class Tree {
  readonly #directory: string;
  readonly #files = new Set<string>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async read(directory: string): Promise<Tree> {
    const tree = new Tree(directory);
    await tree.#add(directory);
    return tree;
  }

  async #add(path: string): Promise<void> {
    const found = await orGone(lstat(path));
    if (found === undefined) return;
    this.#files.add(`${found.dev}:${found.ino}`);
    if (!found.isDirectory()) return;
    for (const name of (await orGone(readdir(path))) ?? []) await this.#add(join(path, name));
  }

  has(file: { readonly dev: number; readonly ino: number }, name: string): boolean {
    return this.#files.has(`${file.dev}:${file.ino}`) || name === this.#directory || name.startsWith(`${this.#directory}/`);
  }
}

async function whatItHas(pid: number, tree: Tree): Promise<string | undefined> {
  for (const at of ['cwd', 'root']) {
    const address = `/proc/${pid}/${at}`;
    const name = (await orGone(readlink(address))) ?? '';
    const file = await orGone(stat(address));
    if (file !== undefined && tree.has(file, name)) return `works in ${name}`;
  }
  for (const fd of (await orGone(readdir(`/proc/${pid}/fd`))) ?? []) {
    const has = await throughDescriptor(pid, fd, tree);
    if (has !== undefined) return has;
  }
  return throughMapping((await orGone(readFile(`/proc/${pid}/maps`, 'utf8'))) ?? '', tree);
}

async function throughDescriptor(pid: number, fd: string, tree: Tree): Promise<string | undefined> {
  const name = await orGone(readlink(`/proc/${pid}/fd/${fd}`));
  // sockets, pipes and the like have no path
  if (name === undefined || !name.startsWith('/')) return undefined;
  const file = await orGone(stat(`/proc/${pid}/fd/${fd}`));
  if (file === undefined || !tree.has(file, name)) return undefined;
  if (file.isDirectory()) return `has the directory ${name} open`;
  const flags = /^flags:\s*([0-7]+)$/m.exec((await orGone(readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))) ?? '')?.[1] ?? '0';
  return (Number.parseInt(flags, 8) & TO_WRITE) === 0 ? undefined : `has ${name} open for writing`;
}

/** Of proc(5)'s maps: shared ones that may be written to; the device is major and minor in hexadecimal. */
function throughMapping(maps: string, tree: Tree): string | undefined {
  for (const [, major = '', minor = '', inode = '', name = ''] of maps.matchAll(
    /^\S+ .w.s \S+ ([0-9a-f]+):([0-9a-f]+) ([0-9]+) +(\/.*)$/gm,
  )) {
    const dev = deviceNumber(Number.parseInt(major, 16), Number.parseInt(minor, 16));
    if (tree.has({ dev, ino: Number(inode) }, name)) return `has ${name} mapped for writing`;
  }
  return undefined;
}

/** As stat(2) tells it on Linux, makedev(3). */
function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 0x100 + Math.floor(minor / 0x100) * 0x10_0000;
}

/** Processes and files come and go while one looks; into some even root may not look, where a container or a security module keeps it from that; EINVAL: it is a zombie. */
export async function orGone<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EINVAL', 'ENOTDIR', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

/** @throws UvsError NOT_ALLOWED_NOW */
export function demandNone(directory: string, writers: readonly Writer[]): void {
  const [first, ...more] = writers;
  if (first === undefined) return;
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  throw new UvsError('NOT_ALLOWED_NOW', `something works below ${directory}: process ${describeWriter(first)}${others}`, {
    hint: 'Name its service with --unit, or end it.',
  });
}
