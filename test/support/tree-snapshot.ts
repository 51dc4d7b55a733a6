import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Everything below a directory that a release could change, one line per path; hard links are told by the first path of their inode. */
export function snapshot(root: string, without: readonly string[] = ['var/lib/uvs-agent']): readonly string[] {
  const lines: string[] = [];
  const inodes = new Map<number, string>();
  const walk = (relative: string): void => {
    for (const name of readdirSync(join(root, relative)).sort()) {
      const path = relative === '' ? name : `${relative}/${name}`;
      if (without.includes(path)) continue;
      const stat = lstatSync(join(root, path));
      const owner = `${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid}`;
      if (stat.isDirectory()) {
        lines.push(`${path}/ ${owner}`);
        walk(path);
      } else if (stat.isSymbolicLink()) {
        lines.push(`${path} -> ${readlinkSync(join(root, path))} ${stat.uid}:${stat.gid}`);
      } else {
        const first = inodes.get(stat.ino);
        inodes.set(stat.ino, first ?? path);
        const content = createHash('sha256')
          .update(readFileSync(join(root, path)))
          .digest('hex')
          .slice(0, 16);
        lines.push(`${path} ${owner} ${content} links ${stat.nlink}${first === undefined ? '' : ` = ${first}`}`);
      }
    }
  };
  walk('');
  return lines;
}
