import type { M2Standing } from '../../common/m2-states.ts';

/** What is seen of /m2 at one moment. */
export interface M2Observed {
  readonly isSetUp: boolean;
  /** As the kernel's table of mounts has it; undefined: nothing is mounted there. */
  readonly mount: { readonly device: string; readonly isReadOnly: boolean } | undefined;
  /** Whether the kernel still has the device that is mounted, or, where nothing is, one with the UUID. */
  readonly hasDevice: boolean;
  /** Why the directory could not be listed, with the kernel's word: "EIO"; '': it could. */
  readonly listing: string;
  /** Errors that the file system has counted since it was made or checked. */
  readonly errors: number;
  /** Whether it was mounted at any time since the boot. */
  readonly wasMounted: boolean;
  /** As the end of a sentence; '': aligned, or not known. */
  readonly misalignment: string;
  /** Whether what is mounted is something else than the SSD. */
  readonly isOther: boolean;
  /** Why what is mounted is not the agent's, as a sentence; '': it is. */
  readonly whyNotOwn: string;
}

/** Judges what is seen; the gravest comes first. */
export function standingOf(mountPoint: string, seen: M2Observed): M2Standing {
  if (!seen.isSetUp) return { state: 'none', message: '' };
  const { mount } = seen;
  if (mount === undefined) {
    if (seen.wasMounted)
      return {
        state: 'lost',
        message: `${mountPoint} was mounted since the boot and is not now; see journalctl -k and systemctl status ${mountPoint}`,
      };
    const why = seen.hasDevice
      ? `its disk is there: see systemctl status ${mountPoint}`
      : 'its disk was not there at boot: is it plugged in, and does lsblk show it?';
    return { state: 'absent', message: `${mountPoint} is not mounted; ${why}` };
  }
  if (seen.isOther) return { state: seen.wasMounted ? 'lost' : 'absent', message: seen.whyNotOwn };
  if (!seen.hasDevice) return { state: 'lost', message: `the disk of ${mountPoint} is gone while it is mounted` };
  if (seen.listing !== '') return { state: 'lost', message: `${mountPoint} does not answer (${seen.listing}); see journalctl -k` };
  if (mount.isReadOnly)
    return { state: 'read-only', message: `${mountPoint} can only be read: after an error the kernel writes no more; see journalctl -k` };
  const errors = seen.errors > 0 ? `the file system of ${mountPoint} has counted ${seen.errors} errors; have it checked (fsck)` : '';
  const misalignment = seen.misalignment === '' ? '' : `the partition of ${mountPoint} ${seen.misalignment}`;
  const message = [errors, seen.whyNotOwn, misalignment].filter((each) => each !== '').join('; ');
  return { state: misalignment === '' ? 'mounted' : 'misaligned', message };
}
