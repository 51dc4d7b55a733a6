import type { Calls } from '../../proto/load-calls.ts';
import type { Credential } from '../credential.ts';
import { Deadline, pause } from '../deadline.ts';
import { toUvsError, UvsError } from '../errors.ts';
import type { WithdrawnCheck } from '../tls.ts';
import { Connection } from './connection.ts';
import type { MethodName, RequestOf, ResponseOf, ServiceName } from './services.ts';

export interface ClientOptions {
  /** Loaded once per process by whoever makes several clients. */
  readonly definition: Calls;
  readonly isWithdrawn?: WithdrawnCheck;
  /** Addresses to try, most promising first, where they change while the client lives; default the credential's. */
  readonly addresses?: () => readonly string[];
  /** How long one address may take to answer a connection; default 3000. */
  readonly connectMs?: number;
}

export interface CallLimits {
  /** For the call as a whole, however many coordinators it takes; default 15000. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** False for a call that must not reach two coordinators if the first one's answer is lost; default true (mutations carry a request id). */
  readonly isRepeatable?: boolean;
}

const DEADLINE_MS = 15_000;
const CONNECT_MS = 3_000;
/** Between two rounds while coordinators answer but none leads. */
const ELECTION_POLL_MS = 300;

/** Reasons for which another coordinator may do better. */
const elsewhere: ReadonlySet<string> = new Set([
  'UNREACHABLE',
  'NOT_LEADER',
  'NO_LEADER',
  'ETCD_UNAVAILABLE',
  'CERTIFICATE_WITHDRAWN',
  'AUTHORITY_MISMATCH',
  'UNAUTHENTICATED',
]);

/**
 * Calls the cluster: follows NOT_LEADER to the leader, goes on to the next coordinator where one is unreachable, and waits through an
 * election within the call's deadline.
 * @throws UvsError of the coordinator's own reason; UNREACHABLE naming every address where none answers; NO_LEADER; DEADLINE_EXCEEDED.
 */
export class CoordinatorClient implements Disposable {
  readonly #credential: Credential;
  readonly #definition: Calls;
  readonly #options: ClientOptions;
  readonly #connections = new Map<string, Connection>();
  #preferred: string | undefined;

  constructor(credential: Credential, options: ClientOptions) {
    this.#credential = credential;
    this.#options = options;
    this.#definition = options.definition;
  }

  /** The coordinator that answered last; undefined before the first answer. */
  get lastAddress(): string | undefined {
    return this.#preferred;
  }

  /** One request, one answer. */
  async call<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    limits: CallLimits = {},
  ): Promise<ResponseOf<S, M>> {
    return await this.#reach(`${service}.${method}`, limits, (connection, deadline) =>
      connection.unary(service, method, request, { deadlineMs: deadline.leftMs, signal: deadline.signal }),
    );
  }

  /**
   * One request, many answers. The deadline is for the first answer only; after it failures go to the consumer, who knows how to resume.
   * Ending the iteration, or the signal, ends the stream.
   */
  async *stream<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    limits: CallLimits = {},
  ): AsyncGenerator<ResponseOf<S, M>, void, undefined> {
    const opened = await this.#reach(`${service}.${method}`, limits, async (connection, deadline) => {
      const ended = new AbortController();
      const abort = (): void => ended.abort(deadline.signal.reason);
      deadline.signal.addEventListener('abort', abort, { once: true });
      const messages = connection.serverStream(service, method, request, ended.signal);
      const first = await messages.next();
      deadline.signal.removeEventListener('abort', abort);
      return { messages, first, ended };
    });
    const { messages, ended } = opened;
    const abort = (): void => ended.abort(limits.signal?.reason);
    limits.signal?.addEventListener('abort', abort, { once: true });
    if (limits.signal?.aborted === true) abort();
    try {
      if (opened.first.done === true) return;
      yield opened.first.value;
      yield* messages;
    } finally {
      limits.signal?.removeEventListener('abort', abort);
      await messages.return();
    }
  }

  async #reach<T>(method: string, limits: CallLimits, attempt: (connection: Connection, deadline: Deadline) => Promise<T>): Promise<T> {
    const deadlineMs = limits.deadlineMs ?? DEADLINE_MS;
    using deadline = new Deadline(deadlineMs, `an answer to ${method}`, limits.signal);
    let before: ReadonlyMap<string, UvsError> | undefined;
    for (;;) {
      const failures = new Map<string, UvsError>();
      const queue = this.#addresses();
      for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
        if (failures.has(address)) continue;
        try {
          const connection = this.#connect(address);
          await connection.settle(Math.min(this.#options.connectMs ?? CONNECT_MS, deadline.leftMs), deadline.signal);
          const result = await attempt(connection, deadline);
          this.#preferred = address;
          return result;
        } catch (thrown) {
          const error = toUvsError(thrown);
          // what the round before has heard says more than that this one was not done in time
          if (before !== undefined && limits.signal?.aborted !== true && isOutOfTime(error, deadline)) throw noLeader(before, deadlineMs);
          if (!elsewhere.has(error.reason)) throw error;
          if (limits.isRepeatable === false && mayHaveBeenDone(error)) throw lostAnswer(error, method);
          failures.set(address, error);
          const leader = error.details['leader'];
          if (leader !== undefined && leader !== '') queue.unshift(leader);
        }
      }
      if (![...failures.values()].some(isElection)) throw nobody(failures);
      if (deadline.leftMs <= ELECTION_POLL_MS) throw noLeader(failures, deadlineMs);
      before = failures;
      await pause(ELECTION_POLL_MS, method, deadline.signal);
    }
  }

  #addresses(): string[] {
    const known = this.#options.addresses?.() ?? this.#credential.coordinators;
    const preferred = this.#preferred;
    return preferred === undefined ? [...known] : [preferred, ...known.filter((address) => address !== preferred)];
  }

  #connect(address: string): Connection {
    const open = this.#connections.get(address);
    if (open !== undefined) return open;
    const { isWithdrawn } = this.#options;
    const connection = new Connection(address, { credential: this.#credential, definition: this.#definition, isWithdrawn });
    this.#connections.set(address, connection);
    return connection;
  }

  /** Ends all connections, e.g. because a certificate was withdrawn; the next call makes new ones. */
  dropConnections(): void {
    for (const connection of this.#connections.values()) connection[Symbol.dispose]();
    this.#connections.clear();
  }

  [Symbol.dispose](): void {
    this.dropConnections();
  }
}

/** The call has a timer of its own, which may be the first. */
function isOutOfTime(error: UvsError, { signal, leftMs }: Deadline): boolean {
  return error === signal.reason || (error.reason === 'DEADLINE_EXCEEDED' && leftMs <= ELECTION_POLL_MS);
}

/** The answer is lost between here and there, or between there and etcd. */
function mayHaveBeenDone({ details }: UvsError): boolean {
  return details['sent'] === 'perhaps' || details['outcome'] === 'unknown';
}

function isElection(error: UvsError): boolean {
  return error.reason === 'NOT_LEADER' || error.reason === 'NO_LEADER';
}

function lostAnswer(error: UvsError, method: string): UvsError {
  return new UvsError('UNREACHABLE', `no sure answer came to ${method}, which may have taken effect or not: ${error.message}`, {
    cause: error,
    details: error.details,
    hint: 'Look at the state before repeating it.',
  });
}

function noLeader(failures: ReadonlyMap<string, UvsError>, deadlineMs: number): UvsError {
  const etcd = [...failures.values()].find((error) => error.reason === 'ETCD_UNAVAILABLE');
  if (etcd !== undefined) return etcd;
  return new UvsError('NO_LEADER', `no coordinator led the cluster within ${deadlineMs / 1000} s (${[...failures.keys()].join(', ')})`, {
    hint: 'An election takes seconds; if it lasts, look at etcd and at the coordinators.',
  });
}

/** One error for all addresses: the common reason where they agree, else UNREACHABLE. */
function nobody(failures: ReadonlyMap<string, UvsError>): UvsError {
  const errors = [...failures.values()];
  const [first] = errors;
  if (first === undefined) return new UvsError('CONFIG_INVALID', 'the credential names no coordinator');
  // who answers that says more than who does not answer
  const etcd = errors.find((error) => error.reason === 'ETCD_UNAVAILABLE');
  if (etcd !== undefined) return etcd;
  const reason = errors.every((error) => error.reason === first.reason) ? first.reason : 'UNREACHABLE';
  return new UvsError(
    reason,
    errors.length === 1 ? first.message : `no coordinator answered: ${errors.map((error) => error.message).join('; ')}`,
    {
      cause: first,
      details: { addresses: [...failures.keys()].join(',') },
      hint: first.hint ?? 'Check that a coordinator runs and that its address can be reached from here.',
    },
  );
}
