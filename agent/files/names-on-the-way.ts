import { dirname, join } from 'node:path';
import { readLinkIfThere } from './reading.ts';

/** More than that the kernel does not follow either, path_resolution(7). */
const MAX_LINKS = 40;

/** All on which it depends what a path leads to; relative to the root. */
export interface Way {
  readonly links: ReadonlySet<string>;
  /** Undefined where it leads in a circle. */
  readonly end: string | undefined;
}

/**
 * Follows a path as those do who live in the root, whether there is something at its end or not; of a sandbox also those who live outside of it.
 * @param root real path of the root
 */
export function wayOf(root: string, path: string): Way {
  const links = new Set<string>();
  const rest = path.split('/');
  let at = '';
  for (let followed = 0; followed <= MAX_LINKS;) {
    const name = rest.shift();
    if (name === undefined) return { links, end: at };
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = at.includes('/') ? dirname(at) : '';
      continue;
    }
    const here = at === '' ? name : `${at}/${name}`;
    const link = readLinkIfThere(join(root, here));
    if (link === undefined) {
      at = here;
      continue;
    }
    followed += 1;
    links.add(here);
    if (link.startsWith('/')) at = '';
    rest.unshift(...(link.startsWith(`${root}/`) ? link.slice(root.length) : link).split('/'));
  }
  return { links, end: undefined };
}

/** Names the directories above some paths, which nothing but a directory may be; those at the top are on every node. */
export function directoriesAbove(paths: Iterable<string>): ReadonlySet<string> {
  const above = new Set<string>();
  for (const path of paths) for (let at = dirname(path); at.includes('/') && !above.has(at); at = dirname(at)) above.add(at);
  return above;
}
