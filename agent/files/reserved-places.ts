import { ownPlaces, reservedName, systemTrees } from '../../common/reserved-paths.ts';
import { isWrittenByAgent } from './agent-written.ts';
import { directoriesAbove, wayOf } from './names-on-the-way.ts';
import { packageDatabases } from './package-owners.ts';
import type { Touch } from './touch.ts';

const AGENTS = 'belongs to the agent itself';

/**
 * Places that no release may touch: the kernel's, the agent's own, the databases of package managers. Where one is elsewhere by a symlink, that place and
 * each symlink on the way are as good as it; and what is above it stays a directory. Paths are relative to the root.
 */
export class ReservedPlaces {
  /** What may not be touched, nor anything below it, and why. */
  readonly #places = new Map<string, string>();
  readonly #links = new Map<string, string>();
  readonly #above: ReadonlySet<string>;
  readonly #root: string;

  /**
   * @param root real path of the root
   * @param state where the agent's state directory is in the end, if below the root
   */
  constructor(root: string, state: string | undefined) {
    this.#root = root;
    for (const [path, why] of Object.entries(ownPlaces)) this.#reserve(root, path, why);
    if (state !== undefined) this.#reserve(root, state, AGENTS);
    for (const path of packageDatabases) this.#reserve(root, path, 'is a database of dpkg or rpm, which says whose files are');
    this.#above = directoriesAbove(this.#places.keys());
    for (const [path, why] of Object.entries(systemTrees)) this.#places.set(path, why);
  }

  #reserve(root: string, path: string, why: string): void {
    const { links, end = path } = wayOf(root, path);
    for (const place of [path, end]) if (place !== '') this.#places.set(place, why);
    for (const link of links) this.#links.set(link, `it leads to /${path}, which ${why}`);
  }

  /** Says why something may not happen to a path, as the end of a sentence; undefined: it may. */
  touchedBy(path: string, touch: Touch): string | undefined {
    for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const why = this.#places.get(at);
      if (why !== undefined) return `/${at} ${why}`;
    }
    const link = this.#links.get(path);
    if (link !== undefined) return link;
    const reserved = reservedName(path) ?? (isWrittenByAgent(this.#root, path) ? AGENTS : undefined);
    if (reserved !== undefined) return `/${path} ${reserved}`;
    const isPutInPlace = touch.op === 'put' && touch.type !== 'directory';
    return isPutInPlace && this.#above.has(path) ? 'the agent has its own below it, or dpkg or rpm a database' : undefined;
  }
}
