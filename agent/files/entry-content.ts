import { createHash } from 'node:crypto';
import { constants, readlinkSync, type Stats } from 'node:fs';
import type { PutFile, PutSymlink } from '../../common/upd/manifest.ts';
import { openToRead } from './reading.ts';
import type { Tree } from './tree.ts';

/** Tells whether what is at a path is in all but its extended attributes what an entry would put there. */
export async function isAlready(tree: Tree, entry: PutFile | PutSymlink, stat: Stats): Promise<boolean> {
  if (process.geteuid?.() === 0 && (stat.uid !== entry.uid || stat.gid !== entry.gid)) return false;
  if (entry.type === 'symlink') return stat.isSymbolicLink() && readlinkSync(tree.address(entry.path)) === entry.link;
  if (!stat.isFile() || stat.size !== entry.size || (stat.mode & 0o7777) !== entry.mode) return false;
  return (await hashOf(tree, entry.path)) === entry.sha256;
}

/** sha256 (hex) of a file's content. */
export async function hashOf(tree: Tree, path: string): Promise<string> {
  const hash = createHash('sha256');
  await using file = await openToRead(tree.address(path), constants.O_NOFOLLOW | constants.O_NONBLOCK);
  for await (const chunk of file.createReadStream({ autoClose: false })) if (chunk instanceof Uint8Array) hash.update(chunk);
  return hash.digest('hex');
}
