import { realpath } from 'node:fs/promises';
import { settle, type OperatorsWord } from './accepted/settle.ts';
import { acceptCommands } from '../common/acceptance.ts';
import { UvsError } from '../common/errors.ts';
import type { NodeAction } from '../common/node-action.ts';
import type { Outcome } from '../common/outcome.ts';
import type { SlotToken } from '../common/slot-token.ts';
import { drive } from './drive.ts';
import { readHistory, type HistoryEntry } from './history.ts';
import { readInstalled, type Installed } from './installed.ts';
import type { JournalRecord } from './journal-record.ts';
import { Journal } from './journal.ts';
import { isMidway, isOver, type Phase } from './operation-machine.ts';
import { NodeOperations } from './node-operations.ts';
import { acknowledge, settleEarlier } from './operation-close.ts';
import { stateOf, type NodePorts, type NodeSetup, type OperationRequest } from './operation-context.ts';
import { reasonOf, settleEnd } from './operation-end.ts';
import type { OperationState } from './operation-state.ts';
import { readOutput, readTail, sweepOutputs } from './output-store.ts';
import type { Ended } from './ports.ts';
import { recover, recoverOne, restoreInterrupted } from './recovery.ts';
import { revoke } from './revocation.ts';
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
  readonly #operations: NodeOperations;
  readonly #state: StateDirectory;
  readonly #journal: Journal;
  readonly #stack: AsyncDisposableStack;

  private constructor(operations: NodeOperations, stack: AsyncDisposableStack) {
    this.#operations = operations;
    this.#state = operations.state;
    this.#journal = operations.journal;
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
    const operations = new NodeOperations({ ...setup, root: await realpath(setup.root) }, ports, state, journal);
    const ended = (await readHistory(state)).map(({ operation }) => operation);
    await sweepOutputs(state.outputPath, { open: new Set(operations.all().keys()), ended });
    return new Runner(operations, stack.move());
  }

  /**
   * Brings the release onto the node, or goes on where an earlier run of the same operation left off before the slot.
   * @param signal withdraws the operation as long as it has not begun: with a UvsError CANCELLED as its reason it ends as never-acted, with
   *   any other it stays open to be gone on with. Once begun it is ignored.
   * @throws UvsError BUSY while another operation runs, NEEDS_OPERATOR while an earlier one does
   */
  async runOperation(request: OperationRequest, signal: AbortSignal): Promise<Ended> {
    const { running } = this.#operations;
    if (running !== undefined) throw new UvsError('BUSY', `operation ${running} is running on this node`);
    this.#operations.starts(request.operation);
    try {
      return await this.#run(request, signal);
    } finally {
      this.#operations.stops();
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
    const open = this.#operations.all();
    for (const other of open.values()) {
      if (other.operation === operation) continue;
      if (other.phase === 'needs-operator') throw needsOperator(other, this.#operations.root);
      if (!isOver(other.phase)) {
        throw new UvsError('BUSY', `operation ${other.operation} is still open on this node (${other.phase})`, {
          hint: 'It goes on when its coordinator asks for it; `uvs-agent recover` gives it up.',
        });
      }
    }
    await settleEarlier(this.#operations, operation);
    const known = open.get(operation);
    if (known !== undefined && isMidway(known.phase)) await recoverOne(this.#operations, known, request);
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
    await using context = await this.#operations.context(operation, request);
    if (!isOver(stateOf(context).phase)) await drive(context, undefined, signal);
    return await settleEnd(context);
  }

  /** Finishes what a crash or power cut interrupted, and ends it or leaves it to be gone on with; see recovery.ts. */
  recover(options: Parameters<typeof recover>[1]): Promise<readonly Ended[]> {
    return recover(this.#operations, options);
  }

  /** Puts the files of interrupted commits back and leaves everything else to `recover`. Returns their operations. */
  restoreInterrupted(): Promise<readonly string[]> {
    return restoreInterrupted(this.#operations);
  }

  /** Takes note that the slot of an operation was taken back; durable when this resolves. See revocation.ts. */
  revoke(operation: string, token: SlotToken, reason: string): Promise<void> {
    return revoke(this.#operations, operation, token, reason);
  }

  /** Takes note that the end of an operation has been heard. */
  acknowledge(operation: string): Promise<void> {
    return acknowledge(this.#operations, operation);
  }

  /** Ends an operation that needs an operator, on the operator's word. @throws UvsError NOT_FOUND, CONFLICT; see accepted/settle.ts */
  settle(operation: string, word: OperatorsWord): ReturnType<typeof settle> {
    return settle(this.#operations, operation, word);
  }

  /** Aborted once the journal can't be written any more: nothing is done from then on, and only a new start can recover. */
  get broken(): AbortSignal {
    return this.#journal.broken;
  }

  /** Whether some operation has begun and is not over, by the journal: also one that waits to be tried again. */
  get isMidway(): boolean {
    return [...this.#operations.all().values()].some(({ phase }) => isMidway(phase));
  }

  /** For the session's hello, oldest first. An end that is still being settled is none yet: once it was heard the journal forgets it. */
  async openOperations(): Promise<readonly OpenOperation[]> {
    const found: OpenOperation[] = [];
    for (const state of this.#operations.all().values()) {
      const { operation, phase, token, needsSlot, noSlotReason } = state;
      const ended = operation === this.#operations.running ? undefined : state.ended;
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
      const isInterrupted = operation !== this.#operations.running && isMidway(phase);
      found.push({ operation, phase, token, ended: report, isInterrupted });
    }
    return found;
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

function asRecorded(action: NodeAction): Extract<JournalRecord, { kind: 'opened' }>['action'] {
  return 'units' in action ? { ...action, units: [...action.units] } : action;
}

function needsOperator(state: OperationState, root: string): UvsError {
  return new UvsError('NEEDS_OPERATOR', `operation ${state.operation} needs an operator first: ${state.ended?.message ?? ''}`, {
    hint: `Look at its output, put the node in order, then, on it: ${acceptCommands(state.operation, root)}`,
  });
}
