import { contextFor, defaultBounds } from './context-for.ts';
import type { Journal } from './journal.ts';
import {
  revoked,
  type OperationBounds,
  type NodePorts,
  type NodeSetup,
  type OperationContext,
  type OperationRequest,
} from './operation-context.ts';
import { replayOperations, type OperationState } from './operation-state.ts';
import type { StateDirectory } from './state-directory.ts';

/** The operations in a node's journal, and what it takes to act on one. */
export class NodeOperations {
  readonly ports: NodePorts;
  readonly state: StateDirectory;
  readonly journal: Journal;
  readonly #setup: NodeSetup;
  readonly #bounds: OperationBounds;
  #running: string | undefined;
  /** Of the operation that runs. */
  #revocation = new AbortController();
  /** The last piece of work that waits for its turn. */
  #turns: Promise<void> = Promise.resolve();

  constructor(setup: NodeSetup, ports: NodePorts, state: StateDirectory, journal: Journal) {
    this.#setup = setup;
    this.ports = ports;
    this.#bounds = { ...defaultBounds, ...setup.bounds };
    this.state = state;
    this.journal = journal;
  }

  /** That the node's releases are written below. */
  get root(): string {
    return this.#setup.root;
  }

  /** As the journal has them now, oldest first. */
  all(): ReadonlyMap<string, OperationState> {
    return replayOperations(this.journal.records);
  }

  get running(): string | undefined {
    return this.#running;
  }

  starts(operation: string): void {
    this.#running = operation;
    this.#revocation = new AbortController();
  }

  stops(): void {
    this.#running = undefined;
  }

  /** Lets an operation know, if it runs, that its slot was taken back. */
  tellRevoked(operation: string, reason: string): void {
    if (this.#running === operation) this.#revocation.abort(revoked(reason));
  }

  /** Does a piece of work once those that were asked for before have ended. */
  async inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turns.then(work);
    this.#turns = done.catch(() => undefined);
    await done;
  }

  context(operation: string, request: OperationRequest | undefined): Promise<OperationContext & AsyncDisposable> {
    return contextFor({
      operation,
      setup: this.#setup,
      bounds: this.#bounds,
      ports: this.ports,
      state: this.state,
      journal: this.journal,
      request,
      revocation: this.#revocation.signal,
    });
  }
}
