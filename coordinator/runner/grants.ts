import type { Answer } from '../core/answer.ts';
import { isPrepared, type DrainKeeper } from '../core/drains.ts';
import type { Leading } from '../core/leading.ts';
import type { SlotProtocol } from '../core/slot-protocol.ts';
import type { CommandThrottle } from './command-throttle.ts';
import type { Questions } from './questions.ts';

export interface GrantsOptions {
  readonly leading: Leading;
  readonly protocol: SlotProtocol;
  readonly drains: DrainKeeper;
  readonly questions: Questions;
  readonly commands: CommandThrottle;
}

/** Brings nodes their slots: asks for the grant, has set what gates want set meanwhile, and tells the node. */
export class Grants {
  readonly #leading: Leading;
  readonly #protocol: SlotProtocol;
  readonly #drains: DrainKeeper;
  readonly #questions: Questions;
  readonly #commands: CommandThrottle;
  /** Operations for which a slot is being asked for. */
  readonly #asked = new Set<string>();

  constructor({ leading, protocol, drains, questions, commands }: GrantsOptions) {
    this.#leading = leading;
    this.#protocol = protocol;
    this.#drains = drains;
    this.#questions = questions;
    this.#commands = commands;
  }

  /** Whether a slot is being asked for, for whatever node. */
  get isAsking(): boolean {
    return this.#asked.size > 0;
  }

  ask(rollout: string, uid: string, operation: string): void {
    this.#questions.ask(operation, async (signal) => {
      this.#asked.add(operation);
      try {
        const answer = await this.#protocol.grant(rollout, uid, operation, signal);
        return answer.isYes ? await this.#prepareAndTell(uid, operation) : answer;
      } finally {
        this.#asked.delete(operation);
      }
    });
  }

  /** Tells a node of its grant once all is set that gates want; prepares that first where an earlier leader, or try, has not. */
  tell(uid: string, operation: string): void {
    const { ledger, link } = this.#leading;
    if (!isPrepared(this.#leading, ledger.mirror, uid, operation)) {
      if (!this.#questions.wasRefusedJustNow(operation)) this.#questions.ask(operation, () => this.#prepareAndTell(uid, operation));
      return;
    }
    this.#commands.send('grant', operation, () => {
      const slot = ledger.mirror.slots.get(uid);
      if (slot?.state === 'granted' && slot.operation === operation) link.grant(uid, operation, slot.token);
    });
  }

  async #prepareAndTell(uid: string, operation: string): Promise<Answer> {
    const { ledger, drainGates } = this.#leading;
    if (drainGates.length > 0) await this.#drains.prepare(uid, operation);
    if (isPrepared(this.#leading, ledger.mirror, uid, operation)) this.tell(uid, operation);
    return { isYes: true, reason: '' };
  }
}
