import { toUvsError } from '../../common/errors.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import type { StateDirectory } from '../state-directory.ts';
import type { RetainedEntry } from './index-file.ts';
import { demandVouched, readKept } from './vouched.ts';

/** Of ways back and root files; there are four of the former, and a new root file is rare. */
const MOST_REMEMBERED = 16;

/**
 * Tells ahead of a rollback whether what the node would go back to is vouched for by the newest root file. What signatures say of a root file stays so
 * and is remembered, so that a report costs nothing; what is damaged, an operator may mend, and is looked at again.
 */
export class Vouching {
  readonly #state: StateDirectory;
  readonly #newestRoot: () => Promise<TrustedRoot>;
  readonly #found = new Map<string, string | undefined>();

  constructor(state: StateDirectory, newestRoot: () => Promise<TrustedRoot>) {
    this.#state = state;
    this.#newestRoot = newestRoot;
  }

  /** Why the way back is not open, in a sentence's end; undefined: it is vouched for. */
  async refusal(entry: RetainedEntry): Promise<string | undefined> {
    try {
      const root = await this.#newestRoot();
      const key = `${entry.recordHash} ${root.sha256}`;
      if (this.#found.has(key)) return this.#found.get(key);
      const { message, isLasting } = await this.#judge(entry, root);
      if (isLasting) this.#remember(key, message);
      return message;
    } catch (error) {
      return toUvsError(error).message;
    }
  }

  async #judge(entry: RetainedEntry, root: TrustedRoot): Promise<{ readonly message: string | undefined; readonly isLasting: boolean }> {
    try {
      await demandVouched(this.#state, await readKept(this.#state, entry), root);
      return { message: undefined, isLasting: true };
    } catch (error) {
      const { reason, message } = toUvsError(error);
      return { message, isLasting: ofSignatures.has(reason) };
    }
  }

  #remember(key: string, message: string | undefined): void {
    const [oldest] = this.#found.keys();
    if (oldest !== undefined && this.#found.size >= MOST_REMEMBERED) this.#found.delete(oldest);
    this.#found.set(key, message);
  }
}

const ofSignatures: ReadonlySet<string> = new Set(['KEY_UNKNOWN', 'SIGNATURE_MISSING', 'TARGET_MISMATCH']);
