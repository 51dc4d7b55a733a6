import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Credential } from '../../common/credential.ts';
import { Deadline, pause } from '../../common/deadline.ts';
import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { Connection } from '../../common/rpc/connection.ts';
import type { Calls } from '../../proto/load-calls.ts';
import type { Hello } from '../../proto/gen/uvs/agent/v1/Hello.ts';
import type { Heartbeat } from '../../proto/gen/uvs/agent/v1/Heartbeat.ts';
import type { SessionRequest } from '../../proto/gen/uvs/agent/v1/SessionRequest.ts';
import type { SessionResponse__Output } from '../../proto/gen/uvs/agent/v1/SessionResponse.ts';
import { backoffMs } from './backoff.ts';
import type { Coordinators } from './coordinators.ts';
import { readMessage, type FromCoordinator } from './messages.ts';
import type { WithdrawalList } from './withdrawal-list.ts';

type Stream = ClientDuplexStream<SessionRequest, SessionResponse__Output>;
export type Welcome = FromCoordinator & { readonly kind: 'welcome' };

export interface SessionOptions {
  readonly credential: Credential;
  readonly definition: Calls;
  readonly coordinators: Coordinators;
  readonly withdrawals: WithdrawalList;
  /** Asked anew for each connection. */
  readonly hello: () => Promise<Hello>;
  readonly heartbeat: () => Promise<Heartbeat>;
  /** The session is open: the address that leads and what it said. */
  readonly onWelcome: (address: string, welcome: Welcome) => void;
  readonly onMessage: (message: FromCoordinator) => void;
  readonly onLost: () => void;
  /** All coordinators were visited, and none took the node; the last refusal among their answers, which nobody mends by waiting. */
  readonly onUnwelcome: (refusal: UvsError | undefined) => void;
  /** The search goes on, or a heartbeat was made: for the watchdog. At least once in REFUSED_CAP_MS and what a visit takes. */
  readonly onTurn: () => void;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
}

const CONNECT_MS = 3_000;
const WELCOME_MS = 10_000;
const MIN_HEARTBEAT_MS = 200;
const MAX_HEARTBEAT_MS = 60_000;
/** While coordinators answer but none leads: an election takes seconds. */
const ELECTION_CAP_MS = 2_000;
const SILENCE_CAP_MS = 10_000;
/** Where this node is refused, which a person must change. */
const REFUSED_CAP_MS = 60_000;

type Visit =
  | { readonly kind: 'ended'; readonly error: UvsError | undefined }
  | { readonly kind: 'not-leader'; readonly leader: string }
  | { readonly kind: 'failed'; readonly error: UvsError };

/** The agent's one connection to the leader: found, kept, and found again after a failover, for as long as the agent lives. */
export class Session {
  readonly #options: SessionOptions;
  readonly #log: Logger;
  /** Coordinators that answered and did not lead keep their connection while the search goes on: a handshake is dear to them. */
  readonly #connections = new Map<string, Connection>();
  #stream: Stream | undefined;
  #peer = '';

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  get isOpen(): boolean {
    return this.#stream !== undefined;
  }

  /** Sends if the session is open; false if not, or if so much waits to be sent that more must wait for `drained`. */
  send(message: SessionRequest): boolean {
    if (this.#stream === undefined || this.#stream.writableNeedDrain) return false;
    this.#stream.write(message);
    return true;
  }

  /** Resolves when the open session can take more; rejects where there is none or it ends before. */
  async drained(signal: AbortSignal): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined) throw new UvsError('UNREACHABLE', 'no session is open');
    if (!stream.writableNeedDrain) return;
    await new Promise<void>((resolve, reject) => {
      const lost = (): void => reject(new UvsError('UNREACHABLE', 'the session ended'));
      stream.once('drain', resolve).once('close', lost);
      signal.addEventListener('abort', lost, { once: true });
    });
  }

  /** Ends the present connection; the search begins anew. */
  drop(): void {
    this.#stream?.cancel();
  }

  /** Whether the coordinator at the other end has this certificate. */
  isPeer(hasFingerprint: (fingerprint: string) => boolean): boolean {
    return this.#peer !== '' && hasFingerprint(this.#peer);
  }

  /** Keeps a session open until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    try {
      while (!signal.aborted) {
        this.#options.onTurn();
        const { wasOpen, capMs } = await this.#search(signal);
        failures = wasOpen ? 0 : failures + 1;
        await pause(backoffMs(failures, capMs, this.#options.random()), 'reconnecting', signal).catch(() => undefined);
      }
    } finally {
      this.#closeAll();
    }
  }

  /** Visits coordinators until one leads, and stays there until the session ends; or until all have been visited. */
  async #search(signal: AbortSignal): Promise<{ wasOpen: boolean; capMs: number }> {
    const queue = [...this.#options.coordinators.grpc()];
    const visited = new Set<string>();
    let capMs = SILENCE_CAP_MS;
    let refusal: UvsError | undefined;
    for (let address = queue.shift(); address !== undefined && !signal.aborted; address = queue.shift()) {
      if (visited.has(address)) continue;
      visited.add(address);
      this.#options.onTurn();
      const visit = await this.#visit(address, signal);
      if (signal.aborted) break;
      if (visit.kind === 'ended') {
        this.#log.info({ coordinator: address, err: visit.error }, 'session ended');
        return { wasOpen: true, capMs };
      }
      if (visit.kind === 'not-leader') {
        this.#log.debug({ coordinator: address, leader: visit.leader }, 'coordinator does not lead');
        capMs = Math.min(capMs, ELECTION_CAP_MS);
        if (visit.leader !== '') queue.unshift(visit.leader);
        continue;
      }
      const isRefused = ['CERTIFICATE_WITHDRAWN', 'UNAUTHENTICATED', 'PERMISSION_DENIED'].includes(visit.error.reason);
      this.#log[isRefused ? 'error' : 'info']({ coordinator: address, err: visit.error }, 'coordinator cannot be used');
      if (isRefused) refusal = visit.error;
      if (isRefused && capMs === SILENCE_CAP_MS) capMs = REFUSED_CAP_MS;
      this.#close(address);
    }
    if (!signal.aborted) this.#options.onUnwelcome(refusal);
    return { wasOpen: false, capMs };
  }

  async #visit(address: string, signal: AbortSignal): Promise<Visit> {
    let stream: Stream | undefined;
    let isOpen = false;
    const connection = this.#connect(address);
    using welcome = new Deadline(WELCOME_MS, `the welcome of ${address}`, signal);
    const cancel = (): void => stream?.cancel();
    let heartbeat: NodeJS.Timeout | undefined;
    try {
      await connection.settle(CONNECT_MS, signal);
      const hello = await this.#options.hello();
      stream = connection.duplex('uvs.agent.v1.AgentService', 'Session');
      signal.addEventListener('abort', cancel, { once: true });
      welcome.signal.addEventListener('abort', () => !isOpen && cancel(), { once: true });
      stream.write({ hello });
      for await (const raw of stream) {
        const typed: SessionResponse__Output = raw;
        const message = readMessage(typed);
        if (message === undefined) {
          this.#log.warn({ coordinator: address, message: typed.message }, 'message not understood');
        } else if (message.kind === 'notLeader') {
          if (!isOpen) return { kind: 'not-leader', leader: message.leaderGrpcAddress };
          return { kind: 'ended', error: new UvsError('NOT_LEADER', `${address} leads no longer`) };
        } else if (message.kind === 'welcome') {
          isOpen = true;
          this.#opened(address, stream, message);
          heartbeat ??= this.#beat(stream, message.heartbeatIntervalMs);
        } else this.#options.onMessage(message);
      }
      if (isOpen) return { kind: 'ended', error: undefined };
      return { kind: 'failed', error: new UvsError('UNREACHABLE', `${address} ended the session without a welcome`) };
    } catch (thrown) {
      const error = explain(thrown, connection, welcome, isOpen);
      return isOpen ? { kind: 'ended', error } : { kind: 'failed', error };
    } finally {
      clearInterval(heartbeat);
      signal.removeEventListener('abort', cancel);
      stream?.on('error', () => undefined); // cancelling raises one more, which nobody waits for
      stream?.cancel();
      if (isOpen) this.#lost(address);
    }
  }

  #opened(address: string, stream: Stream, welcome: Welcome): void {
    this.#stream = stream;
    for (const other of this.#connections.keys()) if (other !== address) this.#close(other);
    this.#options.onWelcome(address, welcome);
  }

  #lost(address: string): void {
    this.#stream = undefined;
    this.#close(address);
    this.#options.onLost();
  }

  #beat(stream: Stream, intervalMs: number): NodeJS.Timeout {
    const clampedMs = Math.min(MAX_HEARTBEAT_MS, Math.max(MIN_HEARTBEAT_MS, intervalMs));
    const beat = async (): Promise<void> => {
      const heartbeat = await this.#options.heartbeat();
      this.#options.onTurn();
      if (!stream.writableNeedDrain && stream === this.#stream) stream.write({ heartbeat });
    };
    const tryToBeat = (): void => {
      beat().catch((err: unknown) => this.#log.warn({ err }, 'heartbeat could not be made'));
    };
    // the first at once: until then the coordinator does not know whether the services run, and counts the node as down
    tryToBeat();
    return setInterval(tryToBeat, clampedMs);
  }

  #connect(address: string): Connection {
    const known = this.#connections.get(address);
    if (known !== undefined) return known;
    const { credential, definition, withdrawals } = this.#options;
    const isWithdrawn = (fingerprint: string): boolean => {
      this.#peer = fingerprint;
      return withdrawals.has(fingerprint);
    };
    const connection = new Connection(address, { credential, definition, isWithdrawn });
    this.#connections.set(address, connection);
    return connection;
  }

  #close(address: string): void {
    this.#connections.get(address)?.[Symbol.dispose]();
    this.#connections.delete(address);
  }

  #closeAll(): void {
    for (const address of this.#connections.keys()) this.#close(address);
  }
}

function explain(thrown: unknown, connection: Connection, welcome: Deadline, isOpen: boolean): UvsError {
  if (!isOpen && welcome.signal.aborted) return toUvsError(welcome.signal.reason);
  return connection.explain(thrown, 'uvs.agent.v1.AgentService.Session');
}
