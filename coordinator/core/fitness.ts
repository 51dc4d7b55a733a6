import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { Term } from '../election.ts';
import type { Clock } from '../ports.ts';
import type { Presence } from './presence.ts';
import { TermTrouble } from './term-trouble.ts';

/**
 * Whether this coordinator can lead as it should: its disk keeps what is to be promised, and it can begin a term. It is shown to the others; who can
 * promise nothing leads only where nobody else could, so that the cluster can be looked at.
 */
export class Fitness {
  readonly #presence: Pick<Presence, 'showFit' | 'canOtherLead'>;
  readonly #log: Logger;
  readonly #termTrouble: TermTrouble;
  #keeps = true;

  constructor(clock: Clock, presence: Pick<Presence, 'showFit' | 'canOtherLead'>, log: Logger) {
    this.#presence = presence;
    this.#log = log;
    this.#termTrouble = new TermTrouble(clock);
  }

  /** Why the term that was won last could not be begun, or went wrong, a moment ago. */
  get recentTrouble(): UvsError | undefined {
    return this.#termTrouble.recent;
  }

  /** Whether another coordinator is to lead in the place of this one. */
  get isOthersTurn(): boolean {
    return !this.#keeps && this.#presence.canOtherLead;
  }

  /** @throws DISK_FAILED */
  demandMayLead(): void {
    if (!this.isOthersTurn) return;
    throw new UvsError('DISK_FAILED', 'its disk does not keep what would be promised, and another coordinator may lead', {
      hint: 'See to its disk (df, dmesg).',
    });
  }

  /** Ends the term of a leader that can promise nothing, once another can. */
  async leaveToOther(term: Term): Promise<void> {
    if (!this.isOthersTurn) return;
    this.#log.warn('another coordinator can keep what it promises, and this one can not: it gives the leadership away');
    await term.resign().catch(() => undefined);
  }

  /** The disk begins to refuse, or takes again, what is to be remembered. */
  diskKeeps(keeps: boolean): void {
    this.#keeps = keeps;
    if (keeps) this.#log.info('the disk keeps again what is seen of etcd');
    else this.#log.error('the disk does not keep what is seen of etcd: until it does, this coordinator promises nothing');
    this.show();
  }

  termBegan(): void {
    this.#termTrouble.clear();
    this.show();
  }

  termFailed(thrown: unknown): void {
    const err = toUvsError(thrown);
    this.#termTrouble.note(err);
    this.#log.error({ err }, 'the term could not be begun or went wrong');
    this.show();
  }

  /** To be called now and then, too: a trouble lasts for a while. */
  show(): void {
    this.#presence.showFit(this.#keeps && !this.#termTrouble.isLasting);
  }
}
