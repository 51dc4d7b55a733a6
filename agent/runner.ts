import { realpath } from 'node:fs/promises';
import { UvsError, toUvsError } from '../common/errors.ts';
import type { NodeAction } from '../common/node-action.ts';
import type { Outcome } from '../common/outcome.ts';
import type { SlotToken } from '../common/slot-token.ts';
import { addToHistory, readHistory, type HistoryEntry } from './history.ts';
import { readInstalled, type Installed } from './installed.ts';
import type { JournalRecord } from './journal-record.ts';
import { Journal } from './journal.ts';
import { isBeforeSlot, isOver, next, type Phase } from './machine.ts';
import { contextFor, defaultLimits } from './context-for.ts';
import {
  revoked,
  stateOf,
  type NodeLimits,
  type NodePorts,
  type NodeSetup,
  type OperationContext,
  type OperationRequest,
} from './operation-context.ts';
import { reasonOf, recordEnd, settleEnd } from './operation-end.ts';
import { replayOperations, type OperationState } from './operation-state.ts';
import { readOutput, readTail, sweepOutputs } from './output-store.ts';
import type { Ended } from './ports.ts';
import { drive, resume } from './drive.ts';
import { endLeftovers } from './steps/back.ts';
import { demandOriginals, restoreFiles } from './steps/commit.ts';
import { isGoingDown } from './steps/reboot.ts';
import { startServices } from './steps/services.ts';
import { lockStateDirectory, openStateDirectory, type StateDirectory } from './state-directory.ts';

/** An operation that is in the journal: not begun, interrupted, or ended and not acknowledged. */
export interface OpenOperation {
  readonly operation: string;
  readonly phase: Phase;
  readonly token: SlotToken | undefined;
  /** Set once the agent will never act on it again; report it until it is acknowledged. */
  readonly ended: Ended | undefined;
  /** It had begun when the agent ended, and waits to be gone on with. */
  readonly isInterrupted: boolean;
}

/** Brings releases onto this node, one at a time; the only writer of its state directory as long as it is not disposed. */
export class Runner implements AsyncDisposable {
  readonly #setup: NodeSetup;
  readonly #ports: NodePorts;
  readonly #limits: NodeLimits;
  readonly #state: StateDirectory;
  readonly #journal: Journal;
  readonly #stack: AsyncDisposableStack;
  #running: string | undefined;
  /** Of the operation that runs. */
  #revocation = new AbortController();

  private constructor(setup: NodeSetup, ports: NodePorts, state: StateDirectory, journal: Journal, stack: AsyncDisposableStack) {
    this.#setup = setup;
    this.#ports = ports;
    this.#limits = { ...defaultLimits, ...setup.limits };
    this.#state = state;
    this.#journal = journal;
    this.#stack = stack;
  }

  /**
   * Takes the state directory's lock and replays the journal. Call `recover` before anything else.
   * @param purpose names the holder to others, e.g. "uvs-agent apply"
   * @throws UvsError BUSY, JOURNAL_CORRUPT
   */
  static async open(setup: NodeSetup, ports: NodePorts, purpose: string): Promise<Runner> {
    await using stack = new AsyncDisposableStack();
    const state = await openStateDirectory(setup.statePath);
    stack.use(await lockStateDirectory(state, purpose));
    const journal = stack.use(await Journal.open(state.path));
    await sweepOutputs(state.outputPath);
    return new Runner({ ...setup, root: await realpath(setup.root) }, ports, state, journal, stack.move());
  }

  /**
   * Brings the release onto the node, or goes on where an earlier run of the same operation left off before the slot.
   * @param signal withdraws the operation as long as it has not begun: with a UvsError CANCELLED as its reason it ends as never-acted, with
   *   any other it stays open to be gone on with. Once begun it is ignored.
   * @throws UvsError BUSY while another operation runs, NEEDS_OPERATOR while an earlier one does
   */
  async runOperation(request: OperationRequest, signal: AbortSignal): Promise<Ended> {
    if (this.#running !== undefined) throw new UvsError('BUSY', `operation ${this.#running} is running on this node`);
    this.#running = request.operation;
    this.#revocation = new AbortController();
    try {
      return await this.#run(request, signal);
    } finally {
      this.#running = undefined;
    }
  }

  async #run(request: OperationRequest, signal: AbortSignal): Promise<Ended> {
    const { operation } = request;
    const past = (await readHistory(this.#state)).find((entry) => entry.operation === operation);
    if (past !== undefined) {
      return {
        operation,
        token: past.token,
        isLocal: !past.hadSlot,
        ...reasonOf(past.noSlotReason),
        outcome: past.outcome,
        message: past.message,
        outputTail: await readTail(this.#state.outputPath, operation),
      };
    }
    const open = this.#operations();
    for (const other of open.values()) {
      if (other.operation === operation) continue;
      if (other.phase === 'needs-operator') throw needsOperator(other);
      if (!isOver(other.phase)) {
        throw new UvsError('BUSY', `operation ${other.operation} is still open on this node (${other.phase})`, {
          hint: 'It goes on when its coordinator asks for it; `uvs-agent recover` gives it up.',
        });
      }
    }
    const known = open.get(operation);
    if (known !== undefined && !isBeforeSlot(known.phase) && !isOver(known.phase)) await this.#recoverOne(known, request);
    if (known === undefined) {
      await this.#journal.append({
        kind: 'opened',
        operation,
        packageDigest: request.packageDigest,
        needsSlot: request.slots !== undefined,
        ...reasonOf(request.noSlotReason),
        ...(request.action === undefined ? {} : { action: asRecorded(request.action) }),
        ...(request.rollBackAfterMs === undefined ? {} : { rollBackAfterMs: request.rollBackAfterMs }),
      });
    }
    await using context = await this.#context(operation, request);
    if (!isOver(stateOf(context).phase)) await drive(context, undefined, signal);
    return await settleEnd(context);
  }

  /**
   * Finishes what a crash or power cut interrupted: the files are all old or all new afterwards. Nobody is asked, so that of an operation
   * with a slot only what restores service is done: it goes back, or, where it can only go forward by disturbing the node, has to wait.
   * @param options.abandon also ends operations that had not begun, takes back those that would have to wait, and ends restarts and reboots;
   *   without it they stay open, to be gone on with by `runOperation`. A reboot stays open as long as the machine may still be going down for it.
   */
  async recover(options: { readonly abandon: boolean }): Promise<readonly Ended[]> {
    const finished: Ended[] = [];
    for (const state of this.#operations().values()) {
      if (isBeforeSlot(state.phase) && !options.abandon) continue;
      // no file is half done by a restart or a reboot, and what is left of it wants a coordinator's word: `runOperation` goes on
      if (state.action !== undefined && state.phase !== 'begun' && !isOver(state.phase) && !options.abandon) continue;
      if (state.phase === 'rebooting' && isGoingDown(state.rebootedFrom, await this.#ports.machine.bootId())) continue;
      if (!options.abandon && state.needsSlot && goesForward(state.phase)) await this.#restoreService(state);
      else finished.push(await this.#recoverOne(state, undefined));
    }
    return finished;
  }

  /** The services may be down since a reboot; whether the rest may go on is asked once there is somebody to ask. */
  async #restoreService(state: OperationState): Promise<void> {
    await using context = await this.#context(state.operation, undefined);
    context.tell(`The agent was interrupted in ${state.phase}; it goes on once a coordinator confirms the slot`);
    await startServices(context, new AbortController().signal).catch((error: unknown) => {
      // found again, and acted upon, when it goes on
      context.tell(toUvsError(error).message);
    });
  }

  /**
   * Takes note that the slot of an operation was taken back: nothing that disturbs is begun for it from now on, whether it is known here or
   * not. What has begun restores the node's service and ends; what has not may be withdrawn. One that is not known here had begun all the
   * same, or its slot would not be taken back: the journal was lost, and only an operator can say whether the node is in order. Durable when
   * this resolves.
   */
  async revoke(operation: string, token: SlotToken, reason: string): Promise<void> {
    const known = this.#operations().get(operation);
    if (known === undefined) {
      const isPast = (await readHistory(this.#state)).some((entry) => entry.operation === operation);
      if (isPast) return;
      await this.#journal.append({ kind: 'opened', operation, packageDigest: '', needsSlot: true });
      await this.#journal.append({ kind: 'revoked', operation, token, reason: reason.slice(0, 4000) });
      return await this.#endForgotten(operation);
    }
    if (known?.ended !== undefined || known?.revokedReason !== undefined) return;
    await this.#journal.append({ kind: 'revoked', operation, token, reason: reason.slice(0, 4000) });
    if (this.#running === operation) this.#revocation.abort(revoked(reason));
  }

  async #endForgotten(operation: string): Promise<void> {
    await using context = await this.#context(operation, undefined);
    await endLeftovers(context);
    const why = 'this agent remembers nothing of it, and what it had begun may be half done';
    const then = `see that the node is in order, then "uvs-agent recover --accept ${operation}"`;
    await recordEnd(context, 'needs-operator', `NEEDS_OPERATOR: ${why}: ${then}`);
  }

  /**
   * Puts the files of interrupted commits back and leaves everything else to `recover`; may be run again. Returns their operations.
   * @throws UvsError NOT_FOUND where an original can't be reached
   */
  async restoreInterrupted(): Promise<readonly string[]> {
    const restored: string[] = [];
    for (const state of this.#operations().values()) {
      const { operation, phase } = state;
      const goesBack = state.action === undefined && (phase === 'back' || next(phase, 'interrupted') === 'back');
      if (!goesBack || !state.reached.has('committing')) continue;
      await using context = await this.#context(operation, undefined);
      await demandOriginals(context);
      if (phase !== 'back') {
        context.tell(`The agent was interrupted in ${phase}`);
        await this.#journal.append({ kind: 'phase', operation, phase: 'back', reason: `CANCELLED: the agent was interrupted in ${phase}` });
      }
      await restoreFiles(context);
      restored.push(operation);
    }
    return restored;
  }

  async #recoverOne(state: OperationState, request: OperationRequest | undefined): Promise<Ended> {
    await using context = await this.#context(state.operation, request);
    if (!isOver(state.phase)) {
      context.tell(`The agent was interrupted in ${state.phase}`);
      if (state.reached.has('committing')) await demandOriginals(context);
      const ended = await this.#ports.tasks.endLeftovers({ operation: state.operation, stateDirectory: this.#state.path });
      if (ended > 0) context.tell(`${ended} processes of its tasks were still running and were ended`);
      await resume(context);
    }
    return await settleEnd(context);
  }

  /** Aborted once the journal can't be written any more: nothing is done from then on, and only a new start can recover. */
  get broken(): AbortSignal {
    return this.#journal.broken;
  }

  /** For the session's hello, oldest first. */
  async openOperations(): Promise<readonly OpenOperation[]> {
    const found: OpenOperation[] = [];
    for (const { operation, phase, token, needsSlot, noSlotReason, ended } of this.#operations().values()) {
      const outputTail = ended === undefined ? '' : await readTail(this.#state.outputPath, operation);
      const report =
        ended === undefined
          ? undefined
          : {
              operation,
              token,
              isLocal: !needsSlot,
              ...reasonOf(noSlotReason),
              outcome: ended.outcome,
              message: ended.message,
              outputTail,
            };
      const isInterrupted = operation !== this.#running && !isBeforeSlot(phase) && !isOver(phase);
      found.push({ operation, phase, token, ended: report, isInterrupted });
    }
    return found;
  }

  /**
   * Takes note that the end of an operation has been heard: it leaves the journal and goes into the history. One that needs an operator
   * stays until `settle`.
   */
  async acknowledge(operation: string): Promise<void> {
    const state = this.#operations().get(operation);
    if (state?.ended === undefined || state.ended.outcome === 'needs-operator') return;
    await this.#close(state, state.ended);
  }

  /**
   * Ends an operation that needs an operator as failed, on the operator's word that the node is in order as it is. That end is reported and
   * acknowledged like any other, for the coordinator may not have heard of the operation's own, or keeps the slot because of it. One that was
   * interrupted and can't be recovered needs an operator from then on, and is ended by asking once more.
   * @param reason the operator's, may be empty
   * @throws UvsError NOT_FOUND
   */
  async settle(operation: string, reason: string): Promise<void> {
    const state = this.#operations().get(operation);
    if (state !== undefined && !isOver(state.phase) && !isBeforeSlot(state.phase)) {
      await using context = await this.#context(operation, undefined);
      await recordEnd(context, 'needs-operator', `NEEDS_OPERATOR: an operator gave up its recovery in ${state.phase}`);
      return;
    }
    if (state?.ended?.outcome !== 'needs-operator') throw new UvsError('NOT_FOUND', `no operation ${operation} needs an operator here`);
    await using context = await this.#context(operation, undefined);
    const word = `an operator accepted the node as it is${reason === '' ? '' : ` (${reason})`}`;
    context.tell(word);
    await recordEnd(context, 'failed', `NEEDS_OPERATOR: ${word}, after ${state.ended.message}`);
    await settleEnd(context);
  }

  async #close(state: OperationState, ended: NonNullable<OperationState['ended']>): Promise<void> {
    await addToHistory(this.#state, historyEntry(state, ended));
    await this.#journal.append({ kind: 'acknowledged', operation: state.operation });
    await this.#journal.compact((records) => {
      const open = replayOperations(records);
      return (record) => open.has(record.operation);
    });
  }

  /** @throws UvsError NOT_FOUND while it is read */
  readOutput(operation: string): AsyncIterable<string> {
    return readOutput(this.#state.outputPath, operation);
  }

  /** Of the history those that had a slot, the latest last. */
  async endedOperations(): Promise<readonly { operation: string; token: SlotToken; outcome: Outcome }[]> {
    const history = await readHistory(this.#state);
    return history.flatMap(({ operation, token, outcome }) => (token === undefined ? [] : [{ operation, token, outcome }]));
  }

  installed(): Promise<Installed> {
    return readInstalled(this.#state);
  }

  history(): Promise<readonly HistoryEntry[]> {
    return readHistory(this.#state);
  }

  #operations(): ReadonlyMap<string, OperationState> {
    return replayOperations(this.#journal.records);
  }

  #context(operation: string, request: OperationRequest | undefined): Promise<OperationContext & AsyncDisposable> {
    return contextFor({
      operation,
      setup: this.#setup,
      limits: this.#limits,
      ports: this.#ports,
      state: this.#state,
      journal: this.#journal,
      request,
      revocation: this.#revocation.signal,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

/** Whether an operation that was interrupted in the phase goes on in its direction. */
function goesForward(phase: Phase): boolean {
  return !isOver(phase) && phase !== 'back' && next(phase, 'interrupted') === phase;
}

function asRecorded(action: NodeAction): Extract<JournalRecord, { kind: 'opened' }>['action'] {
  return action.kind === 'restart' ? { kind: 'restart', units: [...action.units] } : action;
}

function needsOperator(state: OperationState): UvsError {
  return new UvsError('NEEDS_OPERATOR', `operation ${state.operation} needs an operator first: ${state.ended?.message ?? ''}`, {
    hint: 'Look at its output, put the node in order, then run: uvs-agent recover --accept OPERATION',
  });
}

function historyEntry(state: OperationState, ended: NonNullable<OperationState['ended']>): HistoryEntry {
  const { operation, accepted, needsSlot, noSlotReason, token } = state;
  return {
    operation,
    ...(token === undefined ? {} : { token }),
    version: accepted?.version ?? '',
    fromVersion: accepted?.fromVersion ?? '',
    hadSlot: needsSlot,
    ...reasonOf(noSlotReason),
    outcome: ended.outcome,
    message: ended.message,
    endedAt: new Date().toISOString(),
  };
}
