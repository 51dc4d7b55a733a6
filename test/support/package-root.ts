import { givenRoot, type KnownRoot } from '../../common/upd/root-join.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import type { PackageRootCore } from '../../coordinator/core.ts';
import type { PackageRootOptions } from '../../coordinator/core/package-roots.ts';
import { UvsError } from '../../common/errors.ts';
import { makeTrust } from './upd.ts';

/** A root file of nobody's, for tests in which no package is judged. */
export const anyRoot: TrustedRoot = makeTrust().root;

/** Remembers the chain for as long as the test keeps it. */
export function packageRootInMemory(given: TrustedRoot = anyRoot): PackageRootOptions {
  let kept: Uint8Array | undefined;
  return {
    given,
    store: {
      read: () => Promise.resolve(kept),
      write(chain) {
        kept = chain;
        return Promise.resolve();
      },
    },
  };
}

/** The part of the core that knows whose packages are taken, with a root file that the test sets. */
export class FakePackageRoot implements PackageRootCore {
  readonly #listeners = new Set<() => void>();
  #known: KnownRoot;

  constructor(given: TrustedRoot = anyRoot) {
    this.#known = givenRoot(given);
  }

  set(known: KnownRoot): void {
    this.#known = known;
    for (const listener of this.#listeners) listener();
  }

  current(): KnownRoot {
    return this.#known;
  }

  follow(): KnownRoot {
    throw new UvsError('INTERNAL', 'not part of this test');
  }

  raise(): Promise<KnownRoot> {
    return Promise.reject(new UvsError('INTERNAL', 'not part of this test'));
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
