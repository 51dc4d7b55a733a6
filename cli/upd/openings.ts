import type { Xattrs } from '../../common/xattr-dump.ts';
import { parseAccessList } from './access-list.ts';

/** Those by which others than the mode names get at something, acl(5). */
export const ACCESS_LISTS = ['system.posix_acl_access', 'system.posix_acl_default', 'system.nfs4_acl'] as const;
const [ACCESS, DEFAULT, FOREIGN] = ACCESS_LISTS;

const STICKY = 0o1000;
const OTHERS = 0o7;
const WRITE = 0o2;

/** A way in which others than its owner and its group get at something. */
export interface Opening {
  /** What it is therefore: "writable by everybody". */
  readonly as: string;
  /** Whether they can change it, or put something in the place of what is in it. */
  readonly isForChanging: boolean;
}

/** Says how a file or directory is open to others: to everybody for writing, or by an access list to somebody for more than its mode says. */
export function openingsOf(mode: number, xattrs: Xattrs, isDirectory: boolean): readonly Opening[] {
  const openings: Opening[] = [];
  const isSticky = isDirectory && (mode & STICKY) !== 0;
  if ((mode & WRITE) !== 0) openings.push({ as: `writable by everybody${isSticky ? ' (sticky)' : ''}`, isForChanging: !isSticky });
  const look = (name: string, given: number, where: string): void => {
    const value = xattrs[name];
    if (value === undefined) return;
    const list = name === FOREIGN ? undefined : parseAccessList(value);
    if (list === undefined) openings.push({ as: `under an access list that upd can't read (${name})`, isForChanging: true });
    for (const { who, permissions } of list ?? []) {
      const more = permissions & ~given;
      if (more === 0) continue;
      openings.push({ as: `open to ${who} (${permissionText(permissions)}) ${where}`, isForChanging: (more & WRITE) !== 0 });
    }
  };
  look(ACCESS, mode & OTHERS, 'by its access list');
  // what is made below a directory may be read as its mode says, and no more is told
  look(DEFAULT, OTHERS & ~WRITE, 'in what is made in it');
  look(FOREIGN, 0, '');
  return openings;
}

function permissionText(permissions: number): string {
  return ['r', 'w', 'x'].map((letter, place) => ((permissions & (4 >> place)) === 0 ? '-' : letter)).join('');
}
