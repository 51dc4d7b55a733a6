import { readFile } from 'node:fs/promises';
import { writeFileAtomically } from '../common/atomic-file.ts';
import { waitForLockBeside } from '../common/flock.ts';
import { parseRoot, verifyRootChain, type TrustedRoot } from '../common/upd/root.ts';
import { isErrno } from './files/errno.ts';
import { currentRoot, readInstalled } from './installed.ts';
import type { StateDirectory } from './state-directory.ts';

/**
 * Whose signatures on packages count on this node: the root file that it was given when it joined, or a newer one that a coordinator has brought. Each
 * is followed here, whoever brings it, and takes the place of the one before on the disk; none leads back.
 */
export class PackageRoot {
  readonly #path: string;
  readonly #state: StateDirectory;
  #trusted: TrustedRoot;
  #following: Promise<unknown> = Promise.resolve();

  /** @param path where the root file is stored. @param trusted what is there */
  constructor(path: string, state: StateDirectory, trusted: TrustedRoot) {
    this.#path = path;
    this.#state = state;
    this.#trusted = trusted;
  }

  /** The newest; one that has been brought before this call is waited for, so that nothing is begun under an older one meanwhile. */
  async newest(): Promise<TrustedRoot> {
    await this.#following;
    return await this.#known();
  }

  /**
   * Follows a chain; counts and is on the disk when this resolves. Undefined: it leads no further than what is known.
   * @throws UvsError ROOT_INVALID, SIGNATURE_INVALID; what is known stays
   */
  follow(chain: Uint8Array): Promise<TrustedRoot | undefined> {
    const followed = this.#following.then(() => this.#follow(chain));
    this.#following = followed.catch(() => undefined);
    return followed;
  }

  async #follow(chain: Uint8Array): Promise<TrustedRoot | undefined> {
    // an operator who gives the node another one at this moment must not find it undone
    await using _lock = await waitForLockBeside(this.#path);
    const before = await this.#known();
    const after = verifyRootChain(before, chain);
    if (after.root.version === before.root.version) return undefined;
    await writeFileAtomically(this.#path, after.bytes, 0o600);
    this.#trusted = after;
    return after;
  }

  /** An operator may have given the node another one meanwhile (`uvs-agent trust`), which no older chain may take the place of. */
  async #known(): Promise<TrustedRoot> {
    const stored = await readFile(this.#path).then(parseRoot, (error: unknown) => {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (stored !== undefined && stored.root.version > this.#trusted.root.version) this.#trusted = stored;
    return await currentRoot(this.#state, await readInstalled(this.#state), this.#trusted);
  }
}
