import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareNaturally } from '../common/natural-order.ts';
import { isDaemonName, MAX_DAEMONS } from '../common/facts.ts';

const TYPES: readonly string[] = ['mon', 'mgr', 'mds', 'osd'];
const FSID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Names the Ceph daemons that have data below a root, e.g. "osd.3", in natural order: in /var/lib/ceph/TYPE/CLUSTER-ID (packages) and in
 * /var/lib/ceph/FSID/TYPE.ID (cephadm). An empty directory is none: a removed OSD leaves its mount point behind, and one that was never
 * activated has nothing mounted on it.
 * @returns undefined where a directory of daemons is there and can't be read: that is no proof that there are none
 */
export async function cephDaemons(root: string): Promise<readonly string[] | undefined> {
  try {
    return await daemonsBelow(root);
  } catch {
    return undefined;
  }
}

async function daemonsBelow(root: string): Promise<readonly string[]> {
  const base = join(root, 'var/lib/ceph');
  const found = new Set<string>();
  for (const entry of await directories(base)) {
    const below = join(base, entry);
    const isCephadm = FSID.test(entry);
    if (!isCephadm && !TYPES.includes(entry)) continue;
    for (const directory of await directories(below)) {
      const name = isCephadm ? directory : daemonOf(entry, directory);
      if (isDaemonName(name) && (await isFilled(join(below, directory)))) found.add(name);
    }
  }
  return [...found].toSorted(compareNaturally).slice(0, MAX_DAEMONS);
}

/** The cluster's name ends at the first dash: an id may hold more of them, a cluster's name seldom does. */
function daemonOf(type: string, directory: string): string {
  return `${type}.${directory.slice(directory.indexOf('-') + 1)}`;
}

async function directories(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name);
  } catch (thrown) {
    if (isAbsent(thrown)) return [];
    throw thrown;
  }
}

/** What can't be read is something: a mount whose disk is broken. */
async function isFilled(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length > 0;
  } catch (thrown) {
    return !isAbsent(thrown);
  }
}

function isAbsent(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');
}
