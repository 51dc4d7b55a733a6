import { UvsError } from '../../common/errors.ts';
import type { NodeFacts } from '../../common/facts.ts';
import type { Channel } from '../../common/rpc/handlers.ts';
import type { SessionResponse } from '../../proto/gen/uvs/agent/v1/SessionResponse.ts';
import type { Hearing } from '../declared/hearing.ts';
import type { LimitRule } from '../declared/limits.ts';
import type { ForeseenLimits, LimitsReport } from '../declared/limits-report.ts';
import type { HealthAnswer, LiveNode } from '../ports.ts';
import type { SettingsReport } from '../declared/settings-report.ts';
import { newNonce } from './nonce.ts';
import { Questions } from './questions.ts';
import { OutputReader } from './output-reader.ts';

/** What an agent said when its session began. */
export interface Introduction {
  readonly instance: string;
  readonly facts: NodeFacts;
  readonly openOperations: LiveNode['openOperations'];
  readonly endedOperations: LiveNode['endedOperations'];
  /** Of the newest root file for packages that the node knows; 0: it takes none from a session. */
  readonly packageRootVersion: number;
  /** Whether the agent takes limits, and settings, from a session. */
  readonly takesLimits: boolean;
  readonly takesSettings: boolean;
  /** Whether the agent says which limits it would refuse. */
  readonly answersLimits: boolean;
  /** Units that the node restarts beside Ceph's; undefined: its agent does not tell. */
  readonly restartable: readonly string[] | undefined;
}

export type Challenge =
  /** `sinceMs` by the monotonic clock. */
  { readonly state: 'asked'; readonly nonce: string; readonly sinceMs: number } | { readonly state: 'met' };

type Progress = LiveNode['progress'] extends ReadonlyMap<string, infer P> ? P : never;

/** Operations whose latest progress is kept; an agent has one or two. */
const MAX_OPERATIONS = 16;

/** One open stream of one agent: what it last said and what it was asked. */
export class Session implements LiveNode {
  readonly uid: string;
  readonly instance: string;
  readonly channel: Channel<SessionResponse>;
  openOperations: LiveNode['openOperations'];
  readonly progress = new Map<string, Progress>();
  readonly probes: Questions<HealthAnswer>;
  readonly foreseen: Questions<ForeseenLimits>;
  /** By the ids of their requests. */
  readonly #readers = new Map<string, OutputReader>();
  facts: NodeFacts;
  failedServices: readonly string[] | undefined;
  packageRootVersion: number;
  readonly restartable: readonly string[] | undefined;
  readonly answersLimits: boolean;
  readonly limits: Hearing<LimitsReport>;
  readonly settings: Hearing<SettingsReport>;
  lastHeardMs: number;
  readonly openedMs: number;
  quarantineReason: string | undefined;
  readonly endedOperations: LiveNode['endedOperations'];
  forgottenOperation: string | undefined;
  /** Asked once, when another session with the same UID has come: this one must prove that it lives. */
  challenge: Challenge | undefined;
  #isClosed = false;

  constructor(channel: Channel<SessionResponse>, introduction: Introduction, nowMs: number) {
    this.uid = channel.peer.identity.id;
    this.channel = channel;
    this.probes = new Questions(`the probe of node ${this.uid}`);
    this.foreseen = new Questions(`the question what limits node ${this.uid} would refuse`);
    this.answersLimits = introduction.answersLimits;
    this.instance = introduction.instance;
    this.facts = introduction.facts;
    this.openOperations = introduction.openOperations;
    this.endedOperations = introduction.endedOperations;
    this.packageRootVersion = introduction.packageRootVersion;
    this.restartable = introduction.restartable;
    this.limits = { isTaken: introduction.takesLimits, hash: undefined, report: undefined };
    this.settings = { isTaken: introduction.takesSettings, hash: undefined, report: undefined };
    this.lastHeardMs = nowMs;
    this.openedMs = nowMs;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What it last said that it does. */
  get doing(): string {
    const [last] = [...this.progress.values()].slice(-1);
    if (last !== undefined) return last.message === '' ? last.phase : `${last.phase}: ${last.message}`;
    return this.openOperations.at(-1)?.phase ?? '';
  }

  progressed(operation: string, progress: Progress): void {
    // Re-inserted, so that the oldest goes first when there are too many.
    this.progress.delete(operation);
    this.progress.set(operation, progress);
    const [oldest] = this.progress.keys();
    if (this.progress.size > MAX_OPERATIONS && oldest !== undefined) this.progress.delete(oldest);
  }

  /** Sends a probe; resolves with its answer. @throws UvsError UNREACHABLE, or the signal's reason */
  async probe(nonce: string, signal: AbortSignal): Promise<HealthAnswer> {
    if (this.#isClosed) throw unreachable(this.uid);
    return await this.probes.ask(nonce, () => this.channel.send({ healthProbe: { nonce } }), signal);
  }

  /** Asks which limits the node would refuse if these were all. @throws UvsError UNREACHABLE, or the signal's reason */
  async foreseeLimits(rules: readonly LimitRule[], signal: AbortSignal): Promise<ForeseenLimits> {
    if (this.#isClosed) throw unreachable(this.uid);
    const nonce = newNonce();
    const limitsQuestion = { nonce, rules: rules.map(({ unit, values }) => ({ unit, values: { ...values } })) };
    return await this.foreseen.ask(nonce, () => this.channel.send({ limitsQuestion }), signal);
  }

  /** Asks the agent for the output of an operation. @throws UvsError UNREACHABLE, NOT_FOUND */
  async *readOutput(operation: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const requestId = newNonce();
    const reader = new OutputReader();
    const stop = (): void => reader.fail(new UvsError('CANCELLED', `reading the output of ${operation} was cancelled`));
    this.#readers.set(requestId, reader);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      this.channel.send({ readOutput: { requestId, operation } });
      yield* reader.read();
    } finally {
      this.#readers.delete(requestId);
      signal.removeEventListener('abort', stop);
    }
  }

  /** Takes a part of an output; one that nobody reads any more is dropped. */
  outputCame(requestId: string, text: string, isLast: boolean): void {
    this.#readers.get(requestId)?.push(text, isLast);
  }

  /** Ends what waits for this session. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const gone = unreachable(this.uid);
    this.probes.fail(gone);
    this.foreseen.fail(gone);
    for (const reader of this.#readers.values()) reader.fail(gone);
    this.#readers.clear();
  }
}

/** Says that nothing can be asked of a node. */
export function unreachable(uid: string): UvsError {
  return new UvsError('UNREACHABLE', `node ${uid} has no session with this coordinator`, {
    hint: "Look at the agent's log on that node.",
    details: { node: uid },
  });
}

export function connectedTwice(uid: string): UvsError {
  return new UvsError('UNREACHABLE', `node ${uid} has more than one session open, and which of them is the node's is not known yet`, {
    hint: 'Those that do not prove within seconds that their agents live are ended.',
    details: { node: uid },
  });
}
