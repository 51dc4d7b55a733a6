import type { Logger } from '../../common/log.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import type { ActOnOwnMachine, TermNow } from '../core/hand-over.ts';
import type { Leading } from '../core/leading.ts';
import type { SlotAdmission } from '../core/slot-admission.ts';
import { isCalled } from '../same-host.ts';
import type { BackgroundWork } from './background-work.ts';

export interface OwnMachineOptions {
  readonly leading: Pick<Leading, 'clock' | 'handOver' | 'ledger' | 'sinceMs' | 'term'>;
  readonly admission: SlotAdmission;
  readonly background: BackgroundWork;
  readonly log: Logger;
}

/** Gives the leadership away before the machine on which the leader itself runs is disturbed; coordinator/core/hand-over.ts says when that is due. */
export class OwnMachine {
  readonly #leading: OwnMachineOptions['leading'];
  readonly #admission: SlotAdmission;
  readonly #background: BackgroundWork;
  readonly #log: Logger;

  constructor({ leading, admission, background, log }: OwnMachineOptions) {
    this.#leading = leading;
    this.#admission = admission;
    this.#background = background;
    this.#log = log;
  }

  /** Whether the node is the one on which this coordinator runs. */
  is(uid: string): boolean {
    const { handOver, ledger } = this.#leading;
    const node = ledger.mirror.nodes.get(uid);
    return node !== undefined && isCalled(node.hostname, handOver.nodeName);
  }

  /**
   * Before its own machine is disturbed the leader makes room for another coordinator, which grants the slot then: with nothing else being
   * granted, and only for what is not known to be refused, or the leadership would go round.
   * @param isGranting whether any slot is being asked for
   * @returns whether the slot is not to be asked for here
   */
  givesAwayBeforeGrant(rollout: string, uid: string, operation: string, isGranting: boolean): boolean {
    const { handOver, ledger } = this.#leading;
    if (!this.is(uid) || !handOver.isDueBefore('grant', operation, this.#termNow())) return false;
    if (handOver.isUnderWay || isGranting) return true;
    if (this.#admission.refusalToGrant(ledger.mirror, rollout, uid, operation) !== undefined) return false;
    this.#giveAway('grant', operation);
    return true;
  }

  /**
   * The same before its own machine begins with a slot that another leader has granted: the leadership may have come back since. The next one
   * answers the question.
   */
  givesAwayBeforeBegin(uid: string, operation: string, token: SlotToken): boolean {
    const { handOver, ledger } = this.#leading;
    if (!this.is(uid) || !handOver.isDueBefore('begin', operation, this.#termNow())) return false;
    if (this.#admission.answerToBegin(ledger.mirror, uid, operation, token) !== undefined) return false;
    if (!handOver.isUnderWay) this.#giveAway('begin', operation);
    return true;
  }

  #termNow(): TermNow {
    const { clock, ledger, sinceMs } = this.#leading;
    return { ledMs: clock.monotonicMs() - sinceMs, members: ledger.mirror.members.size };
  }

  #giveAway(act: ActOnOwnMachine, operation: string): void {
    const { handOver, term } = this.#leading;
    handOver.begin(act, operation);
    this.#log.info({ node: handOver.nodeName }, 'the leadership is given away before the machine of this coordinator is disturbed');
    this.#background.start('hand-over', 'the leadership could not be given away', () => term.resign());
  }
}
