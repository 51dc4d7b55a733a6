import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { readExpectedMounts } from '../files/expected-mounts.ts';
import { MountTable } from '../files/mount-table.ts';
import { readLinkIfThere } from '../files/reading.ts';

/** As many as the kernel follows, path_resolution(7). */
const MOST_LINKS = 40;

/** Mounts on which a path is, and what its symlinks lead over, by their topmost directories; the root's own is left out. */
export async function mountsUnder(root: string, path: string): Promise<readonly string[]> {
  const real = await realpath(root);
  const table = MountTable.ofThisProcess(real);
  return [...new Set(placesOf(real, path).map((place) => table.covering(place).at))].filter((at) => at !== '');
}

/**
 * Says why it can't be told that nothing is at a path, as a sentence: its file system is not mounted. Undefined: it is.
 * @param before mounts on which it was when that was asked last
 */
export async function whyUnseen(root: string, path: string, before: readonly string[]): Promise<string | undefined> {
  const real = await realpath(root);
  const table = MountTable.ofThisProcess(real);
  const places = placesOf(real, path);
  const gone = before.find((at) => !table.isMountPoint(at));
  if (gone !== undefined) return `/${gone} is not mounted now, and was when the release came`;
  const missing = readExpectedMounts(real).find(({ at }) => places.some((place) => isIn(place, at)) && !table.isMountPoint(at));
  if (missing !== undefined) return `/${missing.at} is not mounted now, and ${missing.from} says that it should be`;
  // what is mounted on demand would be by now, as it was looked at
  const onDemand = places.map((place) => table.covering(place)).find(({ mount }) => mount?.type === 'autofs');
  return onDemand === undefined ? undefined : `/${onDemand.at} could not be mounted`;
}

function isIn(place: string, at: string): boolean {
  return place === at || place.startsWith(`${at}/`);
}

/** A path, and what it is once each of its symlinks was followed, relative to the root. */
function placesOf(root: string, path: string): readonly string[] {
  const places = [path];
  const walked: string[] = [];
  let ahead = path.split('/');
  while (ahead.length > 0 && places.length <= MOST_LINKS) {
    const [name = '', ...rest] = ahead;
    ahead = rest;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      walked.pop();
      continue;
    }
    const link = readLinkIfThere(join(root, ...walked, name));
    if (link === undefined) {
      walked.push(name);
      continue;
    }
    if (link.startsWith('/')) walked.length = 0;
    ahead = [...link.split('/'), ...rest];
    places.push(join(...walked, ...ahead));
  }
  return [...places, walked.join('/')];
}
