import type { Disk } from './disk.ts';

/** What was found on a disk that tells whether somebody's data is on it. */
export interface Contents {
  /** By wipefs(8), which knows file systems, RAIDs, volumes and partition tables: "gpt at 0x200". */
  readonly signatures: readonly string[];
  /** By blkid(8)'s own look past its cache: "TYPE=ext4"; '': it knows nothing. */
  readonly probed: string;
  /** Where something other than zeros was read: the first byte of a place that was read, of three places at most; of the first and of the last MiB one each. */
  readonly nonZeroAtBytes: readonly number[];
}

/** Why a disk is not proven blank, as the end of a sentence; '': it is. */
export function notBlank(disk: Pick<Disk, 'parts' | 'table' | 'fileSystem'>, contents: Contents): string {
  const parts = disk.parts.map(({ name, fileSystem }) => (fileSystem === '' ? name : `${name} with ${fileSystem}`));
  if (parts.length > 0) return `has partitions: ${parts.join(', ')}`;
  if (contents.signatures.length > 0) return `has a signature: ${contents.signatures.join(', ')}`;
  const known = contents.probed === '' ? [disk.table, disk.fileSystem].filter((word) => word !== '').join(', ') : contents.probed;
  if (known !== '') return `has a signature: ${known}`;
  const [byte] = contents.nonZeroAtBytes;
  return byte === undefined ? '' : `has data of an unknown kind: byte ${byte} is not zero`;
}
