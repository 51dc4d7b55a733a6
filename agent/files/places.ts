import { isCaseless } from './mount-rules.ts';
import type { MountTable } from './mount-table.ts';
import { parentOf, type Tree } from './tree.ts';

/** What paths of one directory have in common. */
interface Ground {
  /** Where that directory, or the deepest on the way to it that is there, is. */
  readonly at: string;
  /** Characters of a path that lead to it. */
  readonly skipped: number;
  readonly isCaseless: boolean;
}

/** Tells which paths are one place on the node: by a bind mount, or where upper and lower case are the same. */
export class Places {
  readonly #tree: Tree;
  readonly #mounts: MountTable;
  /** By parent directory. */
  readonly #grounds = new Map<string, Ground>();

  constructor(tree: Tree, mounts: MountTable) {
    this.#tree = tree;
    this.#mounts = mounts;
  }

  /** Returns what is the same of all paths that are one place. @throws UvsError PATH_FORBIDDEN where a parent is a symlink or no directory, as far as it is looked at */
  of(path: string): string {
    const directory = parentOf(path);
    let ground = this.#grounds.get(directory);
    if (ground === undefined) this.#grounds.set(directory, (ground = this.#groundOf(directory)));
    const rest = path.slice(ground.skipped);
    return `${ground.at}/${ground.isCaseless ? caseless(rest) : rest}`;
  }

  #groundOf(directory: string): Ground {
    const on = this.#mounts.onFileSystem(directory);
    // there one directory may have as many inodes as names
    if (on !== undefined && isCaseless(on.type)) {
      return { at: `${on.device}:${caseless(on.inside)}`, skipped: lengthTo(directory), isCaseless: true };
    }
    const parent = this.#tree.existingParent(`${directory}/x`);
    return { at: this.#tree.identity(parent), skipped: lengthTo(parent), isCaseless: false };
  }
}

function lengthTo(directory: string): number {
  return directory === '' ? 0 : directory.length + 1;
}

/** Names that differ in it are different everywhere. Letters that have no single capital stay: file systems exchange one for one. */
function caseless(name: string): string {
  const capitals = Array.from(name.normalize('NFC'), (letter) => {
    const capital = letter.toUpperCase();
    return capital.length === letter.length ? capital : letter;
  });
  return capitals.join('');
}
