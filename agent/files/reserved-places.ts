import { outsideReleases } from '../../common/agent-layout.ts';
import { isWrittenByAgent } from './agent-written.ts';
import { directoriesAbove, wayOf } from './names-on-the-way.ts';
import { packageDatabases } from './package-owners.ts';
import type { Touch } from './touch.ts';

/** Trees of the kernel, and what is gone with the next boot. */
const KERNEL_TREES = ['proc', 'sys', 'dev', 'run'];
/** Settings, keys and state of the agent and of a coordinator that may live on the same node. */
const OWN = [
  'var/lib/uvs-agent',
  'etc/uvs/agent.toml',
  'etc/uvs/coordinator.toml',
  'etc/uvs/package-root.json',
  'etc/uvs/package-identity.age',
  'etc/uvs/pki',
  'etc/uvs/etcd',
  'var/lib/uvs-coordinator',
];
const CREDENTIAL = /^etc\/uvs\/[^/]*credential[^/]*$/;

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
    for (const path of [...OWN, ...outsideReleases, ...(state === undefined ? [] : [state])])
      this.#reserve(root, path, 'belongs to the kernel or to the agent itself');
    for (const path of packageDatabases) this.#reserve(root, path, 'is a database of dpkg or rpm, which says whose files are');
    this.#above = directoriesAbove(this.#places.keys());
    for (const path of KERNEL_TREES) this.#places.set(path, 'belongs to the kernel or to the agent itself');
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
    if (CREDENTIAL.test(path) || isWrittenByAgent(this.#root, path)) return `/${path} belongs to the kernel or to the agent itself`;
    const isPutInPlace = touch.op === 'put' && touch.type !== 'directory';
    return isPutInPlace && this.#above.has(path) ? 'the agent has its own below it, or dpkg or rpm a database' : undefined;
  }
}
