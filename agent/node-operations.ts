import { contextFor, defaultLimits } from './context-for.ts';
import type { Journal } from './journal.ts';
import {
  revoked,
  type NodeLimits,
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
  readonly #limits: NodeLimits;
  #running: string | undefined;
  /** Of the operation that runs. */
  #revocation = new AbortController();

  constructor(setup: NodeSetup, ports: NodePorts, state: StateDirectory, journal: Journal) {
    this.#setup = setup;
    this.ports = ports;
    this.#limits = { ...defaultLimits, ...setup.limits };
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

  context(operation: string, request: OperationRequest | undefined): Promise<OperationContext & AsyncDisposable> {
    return contextFor({
      operation,
      setup: this.#setup,
      limits: this.#limits,
      ports: this.ports,
      state: this.state,
      journal: this.journal,
      request,
      revocation: this.#revocation.signal,
    });
  }
}
