import { UvsError } from '../../common/errors.ts';
import { lookWith } from '../os/look-with.ts';
import type { Tree } from './tree.ts';

/** Paths that one lsattr is asked about. */
const BATCH = 400;

/** What lsattr(1) tells of a file or directory. */
export interface InodeAttributes {
  /** Letters of those flags that are set. */
  readonly flags: string;
  /** Of project quotas; 0 where it was not asked for. */
  readonly project: number;
}

/**
 * Asks for the flags of chattr(1), of many paths at once. Nothing is told of what has none: links, and whatever is on a file system without them, which
 * says so of each path on the other output. Without the program nobody knows.
 */
export async function lsattr(
  tree: Tree,
  paths: readonly string[],
  { withProjects = false } = {},
): Promise<ReadonlyMap<string, InodeAttributes>> {
  const found = new Map<string, InodeAttributes>();
  using root = tree.pin('');
  for (let from = 0; from < paths.length; from += BATCH) {
    const named = new Map(paths.slice(from, from + BATCH).map((path) => [`/proc/self/fd/3/${path === '' ? '.' : path}`, path]));
    for (const line of await linesOf([withProjects ? '-pd' : '-d', '--', ...named.keys()], root.fd)) {
      const [, project = '0', flags = '', address = ''] = /^\s*(?:(\d+)\s+)?(\S+)\s+(.*)$/.exec(line) ?? [];
      const path = named.get(Buffer.from(address, 'latin1').toString('utf8'));
      if (path !== undefined) found.set(path, { flags, project: Number(project) });
    }
  }
  return found;
}

async function linesOf(args: readonly string[], descriptor: number): Promise<readonly string[]> {
  try {
    const { stdout } = await lookWith('lsattr', { args, descriptors: [descriptor] });
    return stdout.split('\n');
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'PROGRAM_MISSING') return [];
    throw error;
  }
}
