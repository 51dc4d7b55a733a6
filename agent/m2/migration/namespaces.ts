import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { MountTable, parseMountInfo, type Mount } from '../../files/mount-table.ts';
import { orGone, writerOf, type Writer } from './writers.ts';

/** A mount with its peer groups, mount_namespaces(7); '': it has none. */
export interface PeerMount extends Mount {
  readonly shared: string;
  readonly master: string;
}

/** What one mount namespace has mounted. */
export interface Namespace {
  /** One of the processes in it. */
  readonly pid: number;
  readonly mounts: readonly PeerMount[];
}

/** `before` something is mounted over the directory in our namespace, from where it may come to others; or `after` that. */
export type When = 'before' | 'after';

/**
 * Finds where other namespaces show a directory as it is below what is mounted over it in ours: there it, or a part of it, goes on being used, by whoever
 * opens a file only now and then too.
 */
export function stillSeen(directory: string, own: readonly PeerMount[], others: readonly Namespace[], when: When) {
  const { covering, inside } = placeOf(directory, own);
  const reached = when === 'before' ? groupsReached(covering, [own, ...others.map(({ mounts }) => mounts)]) : new Set<string>();
  return others.flatMap(({ pid, mounts }) => {
    const table = new MountTable('/', mounts);
    for (const mount of mounts) {
      if (mount.device !== covering?.device) continue;
      const isPart = isBelow(mount.shown, inside);
      if (!isPart && mount.shown !== inside && !isBelow(inside, mount.shown)) continue;
      const place = isPart ? mount.point : joined(mount.point, inside.slice(mount.shown === '/' ? 0 : mount.shown.length));
      const isCovered = table.covering(place.slice(1)).mount !== mount;
      // what is mounted over the whole is not seen through a mount of a part
      const willBe = !isPart && (reached.has(mount.shared) || reached.has(mount.master));
      if (!isCovered && !willBe) return [{ pid, place }];
    }
    return [];
  });
}

/** Processes in other namespaces that go on seeing a directory, one of each namespace. */
export async function whoSees(directory: string, when: When): Promise<readonly Writer[]> {
  const ours = await readlink('/proc/self/ns/mnt');
  const found = new Map<string, Namespace>();
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    const namespace = Number.isInteger(pid) ? await orGone(readlink(`/proc/${pid}/ns/mnt`)) : undefined;
    if (namespace === undefined || namespace === ours || found.has(namespace)) continue;
    const text = await orGone(readFile(`/proc/${pid}/mountinfo`, 'utf8'));
    if (text !== undefined) found.set(namespace, { pid, mounts: peerMounts(text) });
  }
  const own = peerMounts(await readFile('/proc/self/mountinfo', 'utf8'));
  const writers: Writer[] = [];
  for (const { pid, place } of stillSeen(directory, own, [...found.values()], when))
    writers.push(await writerOf(pid, `sees it as ${place} in a mount namespace of its own, and would go on with the old one`));
  return writers;
}

/** Reads proc_pid_mountinfo(5) with the optional fields. */
export function peerMounts(mountInfo: string): readonly PeerMount[] {
  return mountInfo.split('\n').flatMap((line) => {
    const optional = line.split(' - ')[0]?.split(' ').slice(6) ?? [];
    const group = (tag: string): string => optional.find((field) => field.startsWith(`${tag}:`))?.slice(tag.length + 1) ?? '';
    return parseMountInfo(line).map((mount) => ({ ...mount, shared: group('shared'), master: group('master') }));
  });
}

/** Where a directory is on its file system, by the mount that its parent is on: it may be mounted over itself. */
function placeOf(directory: string, own: readonly PeerMount[]) {
  const table = new MountTable('/', own);
  const parent = dirname(directory).slice(1);
  const { mount } = table.covering(parent);
  const inside = table.onFileSystem(parent)?.inside ?? '/';
  return { covering: own.find((one) => one === mount), inside: joined(inside, `/${basename(directory)}`) };
}

/** Peer groups to which what is mounted on a mount comes: its own, and those that follow it, or one that does. */
function groupsReached(covering: PeerMount | undefined, all: readonly (readonly PeerMount[])[]): ReadonlySet<string> {
  const reached = new Set(covering === undefined || covering.shared === '' ? [] : [covering.shared]);
  for (let before = -1; before !== reached.size;) {
    before = reached.size;
    for (const { shared, master } of all.flat()) if (shared !== '' && reached.has(master)) reached.add(shared);
  }
  return reached;
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory === '/' ? '/' : `${directory}/`) && path !== directory;
}

function joined(directory: string, rest: string): string {
  return directory === '/' ? rest : `${directory}${rest}`;
}
