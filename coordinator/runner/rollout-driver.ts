import type { Logger } from '../../common/log.ts';
import { forgetOldRollouts } from '../core/history.ts';
import type { Leading } from '../core/leading.ts';
import type { RolloutObserver } from '../core/rollout-observer.ts';
import { abortRollout, endRollout, pauseRollout, settleStep } from '../core/rollout-transactions.ts';
import type { SlotProtocol } from '../core/slot-protocol.ts';
import { nextActions, type RolloutAction } from '../rollout.ts';
import { describeEnd } from '../rollout-end.ts';
import { placeSteps } from '../rollout-situation.ts';
import type { RolloutStateRecord } from '../domain.ts';
import type { RolloutRecords } from '../state/mirror.ts';
import type { Assignments } from './assignments.ts';
import type { BackgroundWork } from './background-work.ts';
import type { CommandThrottle } from './command-throttle.ts';
import type { Grants } from './grants.ts';
import type { OwnMachine } from './own-machine.ts';
import type { Questions } from './questions.ts';

export interface RolloutDriverOptions {
  readonly leading: Leading;
  readonly protocol: SlotProtocol;
  readonly observer: RolloutObserver;
  readonly background: BackgroundWork;
  readonly commands: CommandThrottle;
  readonly questions: Questions;
  readonly assignments: Assignments;
  readonly grants: Grants;
  readonly ownMachine: OwnMachine;
  readonly log: Logger;
}

/** Brings a rollout further: asks `nextActions` what is wanted, and does each of it. */
export class RolloutDriver {
  readonly #leading: Leading;
  readonly #protocol: SlotProtocol;
  readonly #observer: RolloutObserver;
  readonly #background: BackgroundWork;
  readonly #commands: CommandThrottle;
  readonly #questions: Questions;
  readonly #assignments: Assignments;
  readonly #grants: Grants;
  readonly #ownMachine: OwnMachine;
  readonly #log: Logger;

  constructor(options: RolloutDriverOptions) {
    this.#leading = options.leading;
    this.#protocol = options.protocol;
    this.#observer = options.observer;
    this.#background = options.background;
    this.#commands = options.commands;
    this.#questions = options.questions;
    this.#assignments = options.assignments;
    this.#grants = options.grants;
    this.#ownMachine = options.ownMachine;
    this.#log = options.log;
  }

  /** Waits for nothing but new assignments to be written; all else goes on in the background. */
  async advance(rollout: RolloutRecords): Promise<void> {
    const decidedOn = rollout.state;
    const actions = nextActions(this.#observer.situation(rollout));
    const unassigned = actions.flatMap((action) => (action.kind === 'assign' ? [action.uid] : []));
    if (unassigned.length > 0) await this.#assignments.assign(rollout, unassigned);
    // what is asked for others would be lost with the leadership
    const isOwn = (action: RolloutAction): boolean => action.kind === 'grant' && this.#ownMachine.is(action.uid);
    for (const action of actions.toSorted((one, other) => Number(isOwn(one)) - Number(isOwn(other)))) this.#do(rollout, action, decidedOn);
  }

  #do(rollout: RolloutRecords, action: RolloutAction, decidedOn: RolloutStateRecord): void {
    const { link } = this.#leading;
    const { id } = rollout.plan;
    switch (action.kind) {
      case 'assign':
        return;
      case 'repeat-assign':
        this.#assignments.send(rollout, action.uid, action.operation);
        return;
      case 'repeat-grant':
        this.#grants.tell(action.uid, action.operation);
        return;
      case 'cancel':
        this.#commands.send('cancel', action.operation, () => link.cancel(action.uid, action.operation, action.reason));
        return;
      case 'grant':
        if (!this.#ownMachine.givesAwayBeforeGrant(id, action.uid, action.operation, this.#grants.isAsking))
          this.#grants.ask(id, action.uid, action.operation);
        return;
      case 'free':
        this.#questions.ask(action.operation, (signal) => this.#protocol.free(action.uid, action.operation, action, signal));
        return;
      case 'settle':
        this.#background.start(`settle ${id} ${action.uid}`, 'step could not be settled', () => settleStep(this.#leading, id, action));
        return;
      case 'pause':
        this.#background.start(`state ${id}`, 'rollout could not be paused', async () => {
          await pauseRollout(this.#leading, { rollout: id, decidedOn, pause: { cause: action.cause }, reason: action.reason });
          this.#log.warn({ rollout: id, reason: action.reason }, 'rollout paused');
        });
        return;
      case 'abort':
        this.#background.start(`state ${id}`, 'rollout could not be aborted', async () => {
          await abortRollout(this.#leading, { rollout: id, decidedOn, reason: action.reason });
          this.#log.warn({ rollout: id, reason: action.reason }, 'rollout aborted');
        });
        return;
      case 'end':
        this.#background.start(`state ${id}`, 'rollout could not be ended', async () => {
          const said = describeEnd(placeSteps(this.#observer.situation(rollout)), this.#observer.newcomers(rollout.plan));
          await endRollout(this.#leading, { rollout: id, decidedOn, end: action.state, said });
          this.#log.info({ rollout: id, state: action.state }, 'rollout ended');
          this.#background.start('history', 'old rollouts could not be forgotten', async () => {
            await forgetOldRollouts(this.#leading.etcd, this.#leading.ledger);
          });
        });
        return;
      case 'wait':
        return;
    }
  }
}
