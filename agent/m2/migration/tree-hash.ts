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
    await add('');
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT')) throw cause;
    throw new UvsError('READBACK_MISMATCH', `${root} changes while it is read`, {
      cause,
      hint: 'Something writes to it: name its service with --unit.',
    });
  }
  hash.update(await attributes(root));
  return hash.digest('hex');

  async function add(path: string): Promise<void> {
    const address = join(root, path);
    const { mode, uid, gid, size, mtimeMs, rdev, ...stats } = await lstat(address);
    const isFile = stats.nlink > 0 && (mode & 0o170000) === 0o100000;
    const isDirectory = (mode & 0o170000) === 0o040000;
    const isLink = (mode & 0o170000) === 0o120000;
    const content = isFile ? (await reader.hash(address, address)).sha256 : isLink ? await readlink(address) : '';
    const line = [path, mode, uid, gid, isFile ? size : 0, Math.floor(mtimeMs / 1000), rdev, content];
    hash.update(`${JSON.stringify(line)}\n`);
    if (!isDirectory) return;
    for (const name of (await readdir(address)).toSorted()) await add(join(path, name));
  }
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
