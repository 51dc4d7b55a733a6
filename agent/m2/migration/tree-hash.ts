import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../files/errno.ts';
import { DeviceReader } from '../../os/device-reader.ts';
import { lookWith } from '../../os/look-with.ts';
import { UvsError } from '../../../common/errors.ts';

/** Hashes all of a tree, its content as the disk gives it. Hard links count as the files that they are; times to the second, as old file systems keep them. */
export async function treeHash(root: string): Promise<string> {
  const hash = createHash('sha256');
  const reader = new DeviceReader();
  try {
    await add(Buffer.from(root), '');
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT')) throw cause;
    throw new UvsError('READBACK_MISMATCH', `${root} changes while it is read`, {
      cause,
      hint: 'Something writes to it: name its service with --unit.',
    });
  }
  hash.update(await attributes(root));
  return hash.digest('hex');

  /** @param path as it is hashed */
  async function add(address: Buffer, path: string): Promise<void> {
    const { mode, uid, gid, size, mtimeMs, rdev, ...stats } = await lstat(address);
    const isFile = stats.nlink > 0 && (mode & 0o170000) === 0o100000;
    const isDirectory = (mode & 0o170000) === 0o040000;
    const isLink = (mode & 0o170000) === 0o120000;
    const content = isFile
      ? (await reader.hash(address, address.toString())).sha256
      : isLink
        ? textOf(await readlink(address, 'buffer'))
        : '';
    const line = [path, mode, uid, gid, isFile ? size : 0, Math.floor(mtimeMs / 1000), rdev, content];
    hash.update(`${JSON.stringify(line)}\n`);
    if (!isDirectory) return;
    const names = (await readdir(address, 'buffer')).map((bytes) => ({ bytes, text: textOf(bytes) }));
    for (const { bytes, text } of names.toSorted((a, b) => (a.text < b.text ? -1 : 1))) {
      await add(Buffer.concat([address, Buffer.from('/'), bytes]), join(path, text));
    }
  }
}

/** A name of its own for each sequence of bytes: what is no UTF-8, as in a name of Latin-1, begins with a character that no name has. */
function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : `\0${bytes.toString('latin1')}`;
}

/** Extended attributes, ACLs among them, by getfattr(1), which lists in the order of the disk. */
async function attributes(root: string): Promise<string> {
  const args = ['--recursive', '--physical', '--no-dereference', '--dump', '--match=-', '--encoding=hex', '--absolute-names', root];
  const { code, stdout, stderr } = await lookWith('getfattr', { args });
  if (code !== 0) throw new UvsError('DISK_FAILED', `the extended attributes of ${root} can't be read: ${stderr.trim()}`);
  return stdout
    .split('\n\n')
    .map((block) => block.replace(`# file: ${root}`, '# file: '))
    .toSorted()
    .join('\n\n');
}
