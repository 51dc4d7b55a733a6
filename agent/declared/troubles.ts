import type { Logger } from '../../common/log.ts';

/** How it stands with a part of what is kept. */
interface Standing {
  readonly name: string;
  readonly state: string;
  readonly message: string;
}

/** Warns once of each part that is refused, or not in force, and once more where that is for another reason, or has come again. */
export class TroubleLog {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #what: string;
  #before: ReadonlyMap<string, string> = new Map();

  /** @param what is kept: "limits" */
  constructor(what: string, log: Pick<Logger, 'warn'>) {
    this.#what = what;
    this.#log = log;
  }

  /** @param standings of all that is kept, at each look */
  note(standings: readonly Standing[]): void {
    const now = new Map<string, string>();
    for (const { name, state, message } of standings) {
      if (state !== 'refused' && state !== 'unmet') continue;
      // what a service uses is another number at each look
      const trouble = `${state} ${message.replaceAll(/\d[\w.]*/gu, 'N')}`;
      now.set(name, trouble);
      if (this.#before.get(name) === trouble) continue;
      this.#log.warn(
        { what: this.#what, name, why: message },
        state === 'refused' ? 'what the cluster declares is refused' : 'what the cluster declares is not in force',
      );
    }
    this.#before = now;
  }
}
