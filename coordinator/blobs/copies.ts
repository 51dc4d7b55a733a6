import type { Listing } from '../core.ts';
import type { Clock } from '../ports.ts';

interface Copy {
  /** Store revision of etcd that `isListed` is of. */
  revision: number;
  isListed: boolean;
  /** It was listed since it was counted on last: an upload that is not published yet is not left over. */
  wasListed: boolean;
  /** How many count on it at this moment. */
  users: number;
  /** When it was counted on last, by Clock.monotonicMs. */
  usedMs: number;
}

/**
 * Says which copies of packages are left over: what was listed and is no more. What is newer counts, by etcd's revisions, for a list may
 * come late: the same package may have been brought again since. What somebody counts on is never left over: not while it is uploaded or
 * handed to another coordinator, nor afterwards until a list has shown it. What no list ever shows is unused after a while.
 */
export class Copies {
  readonly #copies = new Map<string, Copy>();
  readonly #clock: Pick<Clock, 'monotonicMs'>;

  /** @param digests what lies here at the start: the first list decides about it */
  constructor(digests: Iterable<string>, clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    const usedMs = clock.monotonicMs();
    for (const digest of digests) this.#copies.set(digest, { revision: 0, isListed: true, wasListed: true, users: 0, usedMs });
  }

  get digests(): readonly string[] {
    return [...this.#copies.keys()];
  }

  /** Takes note of a list of all packages. */
  listed(digests: ReadonlySet<string>, revision: number): void {
    for (const digest of digests) this.#of(digest);
    for (const [digest, copy] of this.#copies) learn(copy, { revision, isListed: digests.has(digest) });
  }

  /** Takes note of what was read of one package. */
  read(digest: string, listing: Listing): void {
    learn(this.#of(digest), listing);
  }

  /** Nothing is left over of it from now on; `begins` says what was read after that, before the copy is counted on. */
  use(digest: string): Disposable & { begins(listing: Listing): void } {
    const copy = this.#of(digest);
    copy.users += 1;
    return {
      begins: (listing) => {
        copy.wasListed = false;
        learn(copy, listing);
        copy.wasListed = listing.isListed || copy.isListed;
      },
      [Symbol.dispose]: () => {
        copy.users -= 1;
        copy.usedMs = this.#clock.monotonicMs();
      },
    };
  }

  /** Where what became of it can't be read: kept until a list shows it. */
  keep(digest: string): void {
    const copy = this.#of(digest);
    copy.wasListed = copy.isListed;
  }

  isLeftOver(digest: string): boolean {
    const copy = this.#copies.get(digest);
    return copy !== undefined && copy.users === 0 && copy.wasListed && !copy.isListed;
  }

  /** Whether it is not listed, and nobody has counted on it for so long: an upload that was broken off while it was spread leaves such copies. */
  isUnused(digest: string, forMs: number): boolean {
    const copy = this.#copies.get(digest);
    return copy !== undefined && copy.users === 0 && !copy.isListed && this.#clock.monotonicMs() - copy.usedMs > forMs;
  }

  /** Forgets what is not here, is not listed, and nobody brings. */
  forget(digest: string): void {
    const copy = this.#copies.get(digest);
    if (copy !== undefined && copy.users === 0 && !copy.isListed) this.#copies.delete(digest);
  }

  #of(digest: string): Copy {
    const usedMs = this.#clock.monotonicMs();
    const copy = this.#copies.get(digest) ?? { revision: 0, isListed: false, wasListed: false, users: 0, usedMs };
    this.#copies.set(digest, copy);
    return copy;
  }
}

function learn(copy: Copy, { revision, isListed }: Listing): void {
  if (revision < copy.revision) return;
  copy.revision = revision;
  copy.isListed = isListed;
  copy.wasListed ||= isListed;
}
