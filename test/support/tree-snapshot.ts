import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { RETAINED_NAME } from '../../agent/files/forbidden.ts';
import { DUMP_ARGUMENTS, parseXattrDump } from '../../common/xattr-dump.ts';

/**
 * Everything below a directory that a release could change, one line per path, extended attributes, access lists and capabilities included; hard
 * links are told by the first path of their inode. What the agent retains to go back to is none of it.
 */
export function snapshot(root: string, without: readonly string[] = ['var/lib/uvs-agent']): readonly string[] {
  const lines: string[] = [];
  const xattrs = xattrsBelow(root);
  const inodes = new Map<string, string>();
  const walk = (relative: string): void => {
    for (const name of readdirSync(join(root, relative)).sort()) {
      const path = relative === '' ? name : `${relative}/${name}`;
      if (without.includes(path) || name === RETAINED_NAME) continue;
      const stat = lstatSync(join(root, path));
      const owner = `${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid}`;
      if (stat.isDirectory()) {
        lines.push(`${path}/ ${owner}${xattrs.get(path) ?? ''}`);
        walk(path);
      } else if (stat.isSymbolicLink()) {
        lines.push(`${path} -> ${readlinkSync(join(root, path))} ${stat.uid}:${stat.gid}${xattrs.get(path) ?? ''}`);
      } else if (!stat.isFile()) {
        lines.push(`${path} special ${stat.mode.toString(8)} ${stat.rdev}`);
      } else {
        const inode = `${stat.dev}:${stat.ino}`;
        const first = inodes.get(inode);
        inodes.set(inode, first ?? path);
        const content = createHash('sha256')
          .update(readFileSync(join(root, path)))
          .digest('hex')
          .slice(0, 16);
        lines.push(`${path} ${owner} ${content} links ${stat.nlink}${first === undefined ? '' : ` = ${first}`}${xattrs.get(path) ?? ''}`);
      }
    }
  };
  walk('');
  return lines;
}

function xattrsBelow(root: string): ReadonlyMap<string, string> {
  const { status, stdout, error } = spawnSync('getfattr', ['-R', ...DUMP_ARGUMENTS, '.'], {
    cwd: root,
    encoding: 'latin1',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined || status === null)
    throw new Error('getfattr could not be run: see packaging/install-programs.sh', { cause: error });
  const told = [...parseXattrDump(stdout)].map(([path, xattrs]) => {
    const shown = Object.entries(xattrs).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return [path.replace(/^\.\//, ''), ` {${shown.map(([name, value]) => `${name}=${value}`).join(' ')}}`] as const;
  });
  return new Map(told);
}
