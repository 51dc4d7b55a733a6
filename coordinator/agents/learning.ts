import { toUvsError, type UvsError } from '../../common/errors.ts';
import type { NodesCore } from '../core.ts';
import type { EndedOperations } from './ended-operations.ts';
import type { Session } from './session.ts';

type Said = Parameters<NodesCore['learn']>[1];

/** Hellos stored at the same time; after an election thousands come at once, and each may be a transaction. */
const MAX_AT_ONCE = 8;

/** Stores what agents say of themselves, a few at a time, the newest word of each. What has ended while a word waited is not said any more. */
export class Learning {
  readonly #nodes: Pick<NodesCore, 'epoch' | 'learn'>;
  readonly #ended: Pick<EndedOperations, 'has' | 'underWay'>;
  readonly #onTrouble: (uid: string, error: UvsError) => void;
  readonly #held = new WeakMap<Session, Said>();
  readonly #waiting = new Map<string, Said>();
  #running = 0;

  constructor(
    nodes: Pick<NodesCore, 'epoch' | 'learn'>,
    ended: Pick<EndedOperations, 'has' | 'underWay'>,
    onTrouble: (uid: string, error: UvsError) => void,
  ) {
    this.#nodes = nodes;
    this.#ended = ended;
    this.#onTrouble = onTrouble;
  }

  /** Keeps what an agent said in its hello until it is released. */
  hold(session: Session, said: Said): void {
    this.#held.set(session, { ...said, epoch: this.#nodes.epoch() });
  }

  /** Stores it, once: whoever said it is known to live, or the only one there is. */
  release(session: Session): void {
    const said = this.#held.get(session);
    if (said === undefined || !this.#held.delete(session)) return;
    this.#add(session.uid, { ...said, openOperations: session.openOperations });
  }

  #add(uid: string, { hostname, addresses, roles, facts, openOperations, endedOperations, epoch }: Said): void {
    this.#waiting.set(uid, { hostname, addresses, roles, facts, openOperations, endedOperations, epoch });
    if (this.#running < MAX_AT_ONCE) void this.#work();
  }

  async #work(): Promise<void> {
    this.#running += 1;
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      const [uid, said] = next;
      try {
        // an end that is decided first may leave no trace in etcd: a slot made anew after it would never end
        for (let ends = this.#ended.underWay(uid); ends !== undefined; ends = this.#ended.underWay(uid)) await ends;
        const openOperations = said.openOperations.filter(({ operation }) => !this.#ended.has(uid, operation));
        await this.#nodes.learn(uid, { ...said, openOperations });
      } catch (error) {
        this.#onTrouble(uid, toUvsError(error));
      }
    }
    this.#running -= 1;
  }

  #take(): [string, Said] | undefined {
    const [next] = this.#waiting;
    if (next !== undefined) this.#waiting.delete(next[0]);
    return next;
  }
}
