import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import { HandedOver } from '../handover.ts';
import type { Ended, PackageOrigin, SlotKeeper } from '../ports.ts';
import { backoffMs } from './backoff.ts';
import type { Assignment, PackageAssignment } from './messages.ts';
import type { OperationRunner } from './operations.ts';

export interface AssignmentsOptions {
  readonly runner: OperationRunner;
  readonly slots: SlotKeeper;
  readonly originOf: (assignment: PackageAssignment) => PackageOrigin;
  /** Why an operation does not run yet, for the operator. */
  readonly onWaiting: (operation: string, message: string) => void;
  readonly onEnded: (ended: Ended) => void;
  /** Another agent is to go on: this one must end. */
  readonly onHandedOver: () => void;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
}

interface Work {
  readonly operation: string;
  readonly assignment: Assignment | undefined;
  readonly withdrawal: AbortController;
  /** How often it could not run for another reason than that this node was busy. */
  failures: number;
}

/** More than a coordinator ever gives to one node at once. */
const MAX_QUEUED = 16;
const RETRY_CAP_MS = 30_000;

/** What the coordinator has given this node to do, one operation after the other. Repeated assignments are one. */
export class Assignments {
  readonly #options: AssignmentsOptions;
  readonly #queue: Work[] = [];
  /** Could not run while another one was open on this node; tried again once one has ended. */
  readonly #heldUp: Work[] = [];
  /** Could not run, and stayed open: nobody sends it again, so that it is tried again until it has ended. */
  readonly #failed = new Map<Work, NodeJS.Timeout>();
  #current: Work | undefined;
  #running: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(options: AssignmentsOptions) {
    this.#options = options;
  }

  get currentOperation(): string | undefined {
    return this.#current?.operation;
  }

  /** Takes an assignment, unless it runs or waits already. */
  assign(assignment: Assignment): void {
    const { operation } = assignment;
    if (this.#find(operation) !== undefined || this.#queue.length + this.#heldUp.length + this.#failed.size >= MAX_QUEUED) return;
    this.#enqueue(newWork(operation, assignment));
  }

  /** Withdraws an operation: it ends as never-acted unless it has begun. One that this node never heard of ends so too. */
  cancel(operation: string, reason: string): void {
    const known = this.#find(operation);
    const work = known ?? newWork(operation);
    if (!work.withdrawal.signal.aborted) work.withdrawal.abort(new UvsError('CANCELLED', `the coordinator withdrew it: ${reason}`));
    if (known === undefined && this.#queue.length < MAX_QUEUED) this.#enqueue(work);
    if (this.#failed.has(work)) this.#tryAgain(work);
  }

  /** Takes note that the slot of an operation was taken back. What has begun ends by itself; all else ends as never-acted. */
  async revoke(operation: string, token: SlotToken, reason: string): Promise<void> {
    await this.#options.runner.revoke(operation, token, reason);
    this.cancel(operation, reason);
  }

  /** Goes on with what was begun by an agent that died, now that somebody can be asked. */
  takeUp(operation: string): void {
    if (this.#find(operation) === undefined) this.#enqueue(newWork(operation));
  }

  /** Starts nothing more. What has not begun stays open for the next start; resolves when what has begun is over. */
  async stop(): Promise<void> {
    // not a UvsError, which would withdraw the operation for good
    const reason = new Error('the agent is stopping');
    this.#stopping.abort(reason);
    this.#forgetWaiting();
    this.#current?.withdrawal.abort(reason);
    await this.#running;
  }

  #find(operation: string): Work | undefined {
    const known = [...this.#queue, ...this.#heldUp, ...this.#failed.keys()];
    return this.#current?.operation === operation ? this.#current : known.find((work) => work.operation === operation);
  }

  #enqueue(work: Work): void {
    if (this.#stopping.signal.aborted) return;
    this.#queue.push(work);
    if (this.#current === undefined) this.#running = this.#run();
    else this.#options.onWaiting(work.operation, `waits for operation ${this.#current.operation} on this node`);
  }

  async #run(): Promise<void> {
    for (let work = this.#queue.shift(); work !== undefined; work = this.#queue.shift()) {
      this.#current = work;
      await this.#runOne(work);
      this.#current = undefined;
    }
  }

  async #runOne(work: Work): Promise<void> {
    const { runner, slots, originOf, onWaiting, log } = this.#options;
    const { operation, assignment } = work;
    try {
      const open = (await runner.openOperations()).find((one) => one.operation === operation);
      if (open?.ended !== undefined) {
        this.#ended(open.ended);
        return;
      }
      log.info({ operation, assignment, isWithdrawn: work.withdrawal.signal.aborted }, 'operation taken up');
      const request = { operation, ...requested(assignment, originOf), slots, stopping: this.#stopping.signal };
      const ended = await runner.runOperation(request, work.withdrawal.signal);
      log.info({ operation, outcome: ended.outcome, result: ended.message }, 'operation ended');
      this.#ended(ended);
    } catch (err) {
      if (this.#stopping.signal.aborted) return;
      if (err instanceof HandedOver) return this.#handOver(err);
      const error = toUvsError(err);
      const isBusy = error.reason === 'BUSY';
      log[isBusy ? 'info' : 'error']({ err: error, operation }, 'operation cannot run now');
      // to the coordinator it is under way from here on: it is not sent again
      if (isBusy) {
        this.#heldUp.push(work);
        onWaiting(operation, `${error.reason}: ${error.message}`);
      } else {
        const waitMs = this.#tryLater(work);
        const hint = error.hint === undefined ? '' : ` (${error.hint})`;
        onWaiting(operation, `${error.reason}: ${error.message}${hint}; tried again in ${Math.ceil(waitMs / 1000)} s`);
      }
    }
  }

  #ended(ended: Ended): void {
    this.#options.onEnded(ended);
    this.#queue.push(...this.#heldUp.splice(0));
  }

  /** @returns after how long */
  #tryLater(work: Work): number {
    const waitMs = backoffMs(work.failures, RETRY_CAP_MS, this.#options.random());
    work.failures += 1;
    this.#failed.set(
      work,
      setTimeout(() => this.#tryAgain(work), waitMs),
    );
    return waitMs;
  }

  #tryAgain(work: Work): void {
    clearTimeout(this.#failed.get(work));
    this.#failed.delete(work);
    this.#enqueue(work);
  }

  #forgetWaiting(): void {
    this.#queue.length = 0;
    for (const timer of this.#failed.values()) clearTimeout(timer);
    this.#failed.clear();
  }

  #handOver(reason: HandedOver): void {
    this.#options.log.info({ to: reason.to }, 'another agent goes on');
    this.#stopping.abort(reason);
    this.#forgetWaiting();
    this.#options.onHandedOver();
  }
}

function newWork(operation: string, assignment?: Assignment): Work {
  return { operation, assignment, withdrawal: new AbortController(), failures: 0 };
}

function requested(assignment: Assignment | undefined, originOf: AssignmentsOptions['originOf']) {
  switch (assignment?.action) {
    case undefined: {
      if (assignment === undefined) return { packageDigest: '', origin: noOrigin };
      const { packageDigest, manifestHash, rollBackAfterSeconds } = assignment;
      const health = rollBackAfterSeconds === 0 ? {} : { rollBackAfterMs: rollBackAfterSeconds * 1000 };
      return { packageDigest, manifestHash, origin: originOf(assignment), ...health };
    }
    case 'reboot':
      return { packageDigest: '', origin: noOrigin, action: { kind: 'reboot' as const } };
    case 'rollback':
      return { packageDigest: '', origin: noOrigin, action: { kind: 'rollback' as const, ...assignment.rollback } };
    case 'restart':
      return { packageDigest: '', origin: noOrigin, action: { kind: 'restart' as const, units: assignment.restart.units } };
    case 'migration':
      return { packageDigest: '', origin: noOrigin, action: { kind: 'migration' as const, ...assignment.migration } };
  }
}

/** Of a withdrawn operation whose package nobody named. */
const noOrigin: PackageOrigin = {
  open: () => Promise.reject(new UvsError('CANCELLED', 'the operation was withdrawn')),
  contentKey: () => Promise.reject(new UvsError('CANCELLED', 'the operation was withdrawn')),
};
