import { UvsError } from '../../common/errors.ts';
import { unescapeOctal } from '../files/mount-table.ts';
import type { M2Plan } from './plan.ts';

/** What there is at the mount point before anything is made. */
export interface AtMountPoint {
  /** UUID of what is mounted there, '' where it has none; undefined: nothing is. */
  readonly mountedUuid: string | undefined;
  readonly isInFstab: boolean;
  /** Paths of units that have the names of the agent's, or would mount something there, and that somebody else has written. */
  readonly foreignUnits: readonly string[];
  /** What is at the path itself, where nothing is mounted there: nothing or a directory, with the first of what is in it; `other`: a symlink, or a file. */
  readonly place: { readonly kind: 'directory'; readonly holds: string | undefined } | { readonly kind: 'other' };
}

/** Looks whether the place is free for what is planned. @throws UvsError CONFLICT with what is in the way */
export function demandFree(mountPoint: string, plan: M2Plan, { mountedUuid, isInFstab, foreignUnits, place }: AtMountPoint): void {
  const planned = plan.kind === 'use' ? plan.part.uuid.toLowerCase() : undefined;
  if (mountedUuid !== undefined && mountedUuid.toLowerCase() !== planned) {
    const what = mountedUuid === '' ? 'something without a UUID' : `the file system with UUID ${mountedUuid}`;
    throw inTheWay(`${what} is mounted on ${mountPoint}`, `See findmnt ${mountPoint}; unmount it, and what mounts it at boot.`);
  }
  if (place.kind === 'other')
    throw inTheWay(`${mountPoint} is no directory`, 'systemd mounts nothing on a symlink or a file. Move it away: the directory is made.');
  // what is mounted there again hides what a boot without it may have left, as it always would
  if (place.holds !== undefined && plan.kind !== 'use')
    throw inTheWay(
      `${mountPoint} holds ${place.holds}, which the SSD would hide`,
      `Move away what is in ${mountPoint}; where it is wanted on the SSD, back once that is mounted.`,
    );
  if (isInFstab) throw inTheWay(`/etc/fstab names ${mountPoint}`, 'Take that line out: the SSD is mounted by a unit.');
  const [unit] = foreignUnits;
  if (unit !== undefined)
    throw inTheWay(`${unit} is not the agent's`, `Move it away where it is not needed any more: systemd would read one of the two.`);
}

function inTheWay(what: string, hint: string): UvsError {
  return new UvsError('CONFLICT', `${what}: nothing is made`, { hint });
}

/** Whether fstab(5) has a line for a mount point. */
export function isInFstab(text: string, mountPoint: string): boolean {
  return text.split('\n').some((line) => {
    const [what = '', where = ''] = line.trim().split(/\s+/);
    return !what.startsWith('#') && unescapeOctal(where).replace(/(?<=.)\/+$/, '') === mountPoint;
  });
}
