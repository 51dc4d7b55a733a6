import { endAdoption } from '../core/adoption.ts';
import type { DrainKeeper } from '../core/drains.ts';
import { isConnected, type Leading } from '../core/leading.ts';
import type { SlotProtocol } from '../core/slot-protocol.ts';
import { unheardNodes } from '../hold.ts';
import { leftovers } from '../leftovers.ts';
import { slotDuties } from '../slot-duties.ts';
import { isSettled } from '../state/mirror.ts';
import type { BackgroundWork } from './background-work.ts';
import type { CommandThrottle } from './command-throttle.ts';
import type { Questions } from './questions.ts';

export interface HousekeepingOptions {
  readonly leading: Leading;
  readonly protocol: SlotProtocol;
  readonly drains: DrainKeeper;
  readonly background: BackgroundWork;
  readonly questions: Questions;
  readonly commands: CommandThrottle;
}

/** Does what no open rollout asks for: withdraws leftover operations, frees and revokes slots, takes drains back, ends an adoption. */
export class Housekeeping {
  readonly #leading: Leading;
  readonly #protocol: SlotProtocol;
  readonly #drains: DrainKeeper;
  readonly #background: BackgroundWork;
  readonly #questions: Questions;
  readonly #commands: CommandThrottle;
  /** Nodes that said something since the last pass. */
  readonly #spoke = new Set<string>();
  /** The adoption that goes on, and since when this leader knows of it. */
  #adoption: { readonly epoch: string; readonly sinceMs: number } | undefined;

  constructor({ leading, protocol, drains, background, questions, commands }: HousekeepingOptions) {
    this.#leading = leading;
    this.#protocol = protocol;
    this.#drains = drains;
    this.#background = background;
    this.#questions = questions;
    this.#commands = commands;
  }

  /** Takes note that a node said something. */
  heard(uid: string): void {
    this.#spoke.add(uid);
  }

  /** To be called in each pass after the rollouts: what they have just assigned is no leftover. */
  pass(): void {
    this.#cancelLeftovers();
    this.#doDuties();
    this.#restoreDrains();
    this.#endAdoption();
  }

  /** Once a node has spoken and the mirror knows every open rollout, whatever it holds ready besides theirs is withdrawn. */
  #cancelLeftovers(): void {
    const { ledger, link } = this.#leading;
    // an etcd that was put back does not know what is wanted
    if (ledger.mirror.ledger.hold !== undefined) this.#spoke.clear();
    for (const uid of this.#spoke) {
      const live = link.live(uid);
      if (live === undefined || (live.openOperations.length === 0 && live.progress.size === 0)) continue;
      for (const operation of leftovers(live, this.#wantedOf(uid))) {
        this.#commands.send('cancel', operation, () => link.cancel(uid, operation, 'no open rollout wants it any more'));
      }
    }
    this.#spoke.clear();
  }

  #wantedOf(uid: string): ReadonlySet<string> {
    const { rollouts, slots } = this.#leading.ledger.mirror;
    const wanted = new Set<string>();
    const slot = slots.get(uid);
    if (slot !== undefined) wanted.add(slot.operation);
    for (const { steps } of rollouts.values()) {
      const step = steps.get(uid);
      // one that waits to be tried anew names the operation that was given up
      if (step !== undefined && step.state !== 'pending' && !isSettled(step)) wanted.add(step.operation);
    }
    return wanted;
  }

  #doDuties(): void {
    const { ledger, link } = this.#leading;
    for (const duty of slotDuties(ledger.mirror.slots.values(), ledger.mirror.rollouts)) {
      const { uid, operation } = duty;
      if (duty.kind === 'revoke') {
        this.#commands.send('revoke', operation, () => link.revoke(uid, operation, duty.token, duty.reason));
        continue;
      }
      if (this.#questions.wasRefusedJustNow(operation)) continue;
      if (isConnected(this.#leading, uid)) {
        this.#questions.ask(operation, (signal) => this.#protocol.free(uid, operation, undefined, signal));
      }
    }
  }

  #restoreDrains(): void {
    for (const uid of this.#drains.due()) {
      this.#background.start(`drain ${uid}`, 'what was set for a node could not be taken back yet', () => this.#drains.restore(uid));
    }
  }

  /** After an adoption nodes are waited for until each has told what it holds; then grants go on. */
  #endAdoption(): void {
    const { ledger, link, clock } = this.#leading;
    const { mirror } = ledger;
    if (!mirror.ledger.isAdopting) {
      this.#adoption = undefined;
      return;
    }
    // it may be adopted again before all have told
    if (this.#adoption?.epoch !== mirror.epoch) this.#adoption = { epoch: mirror.epoch, sinceMs: clock.monotonicMs() };
    const { sinceMs } = this.#adoption;
    const unheard = unheardNodes(mirror.ledger, mirror.nodes.values(), mirror.epoch);
    for (const { uid } of unheard) {
      // what it said before the adoption was of another epoch: it is to say it again
      const live = link.live(uid);
      if (live !== undefined && live.openedMs < sinceMs) link.reintroduce(uid);
    }
    if (unheard.length === 0) this.#background.start('adoption', 'the adoption could not be ended', () => endAdoption(this.#leading));
  }
}
