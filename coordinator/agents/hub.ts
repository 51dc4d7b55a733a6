import { UvsError } from '../../common/errors.ts';
import { agentBounds } from '../../common/agent-bounds.ts';
import type { Channel, ChannelListener } from '../../common/rpc/handlers.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import type { SessionRequest__Output } from '../../proto/gen/uvs/agent/v1/SessionRequest.ts';
import type { SessionResponse } from '../../proto/gen/uvs/agent/v1/SessionResponse.ts';
import { tokenMessage } from '../api/convert/slot.ts';
import { invalid } from '../api/validate.ts';
import type { Core } from '../core.ts';
import type { MendedKind } from '../metrics.ts';
import type { AgentLink, Clock, HealthAnswer, LastHeard, LiveNode } from '../ports.ts';
import { DeclaredReports } from './declared-reports.ts';
import { EndedOperations } from './ended-operations.ts';
import { forgottenOperation } from './forgotten.ts';
import { assignMessage } from './leader-messages.ts';
import type { Leadership } from './leadership.ts';
import { Learning } from './learning.ts';
import { NodeRate } from './node-rate.ts';
import { demandEnrolled } from './not-enrolled.ts';
import { News, type NewsOptions } from './news.ts';
import { behindRoot } from './package-root-news.ts';
import { probeAlone } from './health-probe.ts';
import { helloFrom, type ParsedHello } from './session-messages.ts';
import { takeReport } from './session-reports.ts';
import { SessionTable } from './session-table.ts';
import { helloTimeout, sessionTimeout, type SessionTimes } from './session-timeouts.ts';
import { Session, unreachable } from './session.ts';
import { Welcomes } from './welcomes.ts';

export interface HubOptions {
  readonly core: Pick<Core, 'nodes' | 'cluster'> & NewsOptions['core'] & { readonly slots: Pick<Core['slots'], 'held'> };
  readonly leadership: Leadership;
  /** HTTPS address of this coordinator, told first. */
  readonly ownHttpsAddress: string;
  readonly clock: Clock;
  readonly times: SessionTimes;
  /** A node was refused or put into quarantine, or what it said could not be stored. */
  readonly onTrouble: (uid: string, error: UvsError) => void;
  /** A node has put back what something else had changed. @param names of services, or of settings */
  readonly onMended: (uid: string, kind: MendedKind, names: readonly string[]) => void;
}

/** Each hello may be a transaction; an agent whose connection breaks again and again waits longer each time that it is refused. */
const HELLOS = { burst: 20, perSecond: 1 / 3 };

interface Newcomer {
  readonly channel: Channel<SessionResponse>;
  readonly sinceMs: number;
}

/** Keeps the sessions of all agents and is the leader's line to them. */
export class AgentHub implements AgentLink, Disposable {
  readonly #options: HubOptions;
  readonly #newcomers = new Set<Newcomer>();
  readonly #sessions = new SessionTable();
  readonly #ended = new EndedOperations();
  /** What agents say of what is declared for their nodes. */
  readonly declared: DeclaredReports;
  readonly #listeners = new Set<(uid: string) => void>();
  readonly #learning: Learning;
  readonly #welcomes: Welcomes;
  readonly #news: News;
  readonly #hellos: NodeRate;
  readonly #stack = new DisposableStack();

  constructor(options: HubOptions) {
    this.#options = options;
    this.#learning = new Learning(options.core.nodes, this.#ended, (uid, error) => this.#unlearnt(uid, error));
    const { clock, ownHttpsAddress, times } = options;
    this.declared = new DeclaredReports(this.#sessions, clock);
    this.#welcomes = new Welcomes({ cluster: options.core.cluster, ownHttpsAddress, heartbeatMs: times.heartbeatMs, clock });
    this.#hellos = new NodeRate('hellos', HELLOS, clock);
    const sweep = setInterval(() => this.#sweep(), options.times.sweepMs);
    sweep.unref();
    this.#stack.defer(() => clearInterval(sweep));
    this.#stack.use(options.leadership.onChange(() => this.#onLeadership()));
    this.#news = this.#stack.use(new News({ core: options.core, leadership: options.leadership, sessions: this.#sessions }));
  }

  /** Takes a stream that an agent opened. */
  open(channel: Channel<SessionResponse>): ChannelListener<SessionRequest__Output> {
    const newcomer = { channel, sinceMs: this.#options.clock.monotonicMs() };
    let session: Session | undefined;
    this.#newcomers.add(newcomer);
    return {
      receive: (message) => {
        if (session !== undefined) return this.#heard(session, message);
        if (message.message !== 'hello' || message.hello === null || message.hello === undefined)
          throw invalid('message', 'must be hello at first');
        this.#newcomers.delete(newcomer);
        session = this.#admit(channel, helloFrom(message.hello));
      },
      closed: () => {
        this.#newcomers.delete(newcomer);
        if (session !== undefined) this.#closed(session);
      },
    };
  }

  live(uid: string): LiveNode | undefined {
    return this.#sessions.current(uid);
  }

  /** Of some nodes those that have not told this coordinator that they know a version of the root file; none where another one leads. */
  behindRoot(version: number, uids: Iterable<string>): ReadonlySet<string> {
    if (!this.#options.leadership.isLeader()) return new Set();
    return behindRoot(uids, (uid) => this.#sessions.current(uid), version);
  }

  /** By the monotonic clock; undefined where this coordinator has not heard from the node. */
  lastHeardMs(uid: string): number | undefined {
    return this.#sessions.lastHeardMs(uid);
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  assign(uid: string, assignment: Parameters<AgentLink['assign']>[1]): void {
    this.#send(uid, { assign: assignMessage(assignment) });
  }

  grant(uid: string, operation: string, token: SlotToken): void {
    this.#send(uid, { grant: { operation, token: tokenMessage(token) } });
  }

  cancel(uid: string, operation: string, reason: string): void {
    this.#send(uid, { cancel: { operation, reason } });
  }

  revoke(uid: string, operation: string, token: SlotToken, reason: string): void {
    this.#send(uid, { revoke: { operation, token: tokenMessage(token), reason } });
  }

  reintroduce(uid: string): void {
    this.#sessions.current(uid)?.channel.end();
  }

  lastHeard(uid: string): LastHeard | undefined {
    const heard = this.#sessions.lastHeard(uid);
    if (heard?.unfinished === undefined || !this.#ended.has(uid, heard.unfinished.operation)) return heard;
    // its end came on another way
    return { ...heard, unfinished: undefined };
  }

  /** Has the ledger take note of an end and then takes note itself; what the node says of itself is not stored meanwhile. */
  ending(uid: string, operation: string, isFinal: boolean, taken: Promise<void>): Promise<void> {
    const noted = async (): Promise<void> => {
      await taken;
      if (isFinal) this.ended(uid, operation);
    };
    return this.#ended.during(uid, noted());
  }

  /** Takes note that an operation has ended, which the agent's hello has called open, or will: the two come on different ways. */
  ended(uid: string, operation: string): void {
    this.#ended.add(uid, operation);
    const session = this.#sessions.current(uid);
    if (session === undefined) return;
    session.openOperations = session.openOperations.filter((open) => open.operation !== operation);
    session.progress.delete(operation);
    this.#changed(uid);
  }

  /** Takes note that an operation was left to an operator: its agent does nothing more for it, and holds it open. */
  leftToOperator(uid: string, operation: string, token: SlotToken | undefined): void {
    const session = this.#sessions.current(uid);
    if (session === undefined) return;
    const others = session.openOperations.filter((open) => open.operation !== operation);
    // the latest: any of them has an operator look at the node
    session.openOperations = [...others, { operation, phase: 'needs-operator', token }].slice(-agentBounds.openOperations);
    session.progress.delete(operation);
    this.#changed(uid);
  }

  async probe(uid: string, signal: AbortSignal): Promise<HealthAnswer> {
    return await probeAlone(this.#reach(uid), this.#sessions, this.#options.times.probeMs, signal);
  }

  async *readOutput(uid: string, operation: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    yield* this.#reach(uid).readOutput(operation, signal);
  }

  onChange(listener: (uid: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Ends all sessions; agents look for the leader. */
  [Symbol.dispose](): void {
    this.#stack.dispose();
    this.#sendAway('');
  }

  #admit(channel: Channel<SessionResponse>, hello: ParsedHello): Session | undefined {
    const { core, leadership } = this.#options;
    const uid = channel.peer.identity.id;
    if (!leadership.isLeader()) {
      channel.send({ notLeader: { leaderGrpcAddress: leadership.leaderAddress() } });
      channel.end();
      return undefined;
    }
    if (hello.uid !== uid)
      throw new UvsError('PERMISSION_DENIED', `the certificate is of node ${uid}, the hello of ${hello.uid.slice(0, 64)}`);
    demandEnrolled(core, uid);
    this.#hellos.demand(uid);
    const nowMs = this.#options.clock.monotonicMs();
    const session = new Session(channel, hello, nowMs);
    // by all that it named: what it was heard to end here may have begun once more in an etcd that was put back
    session.forgottenOperation = forgottenOperation(core.slots.held(uid), hello);
    session.openOperations = session.openOperations.filter(({ operation }) => !this.#ended.has(uid, operation));
    // it needs the term, which may have ended by now; a session that was in the table by then would never leave it
    this.#learning.hold(session, hello);
    this.#sessions.add(session, nowMs);
    // the agent may have died before its hello was taken up, and what it held may have ended since
    if (this.#sessions.isAlone(session)) this.#learning.release(session);
    void this.#welcome(session, hello.withdrawalsCounter);
    this.#changed(uid);
    return session;
  }

  /** What an agent said once it does not say again in the same session: where etcd did not take it, it is to come again with what is so then. */
  #unlearnt(uid: string, error: UvsError): void {
    this.#options.onTrouble(uid, error);
    if (error.reason !== 'ETCD_UNAVAILABLE') return;
    const why = { cause: error, hint: 'An agent connects again by itself.' };
    this.#sessions.current(uid)?.channel.end(new UvsError('ETCD_UNAVAILABLE', 'what the node said of itself could not be stored', why));
  }

  async #welcome(session: Session, knownWithdrawals: number): Promise<void> {
    await this.#welcomes.greet(session);
    this.#sessions.welcomed(session, this.#options.clock.monotonicMs());
    if (session.challenge === undefined && !session.isClosed) this.#learning.release(session);
    this.#news.tellAll(session, knownWithdrawals);
  }

  #heard(session: Session, message: SessionRequest__Output): void {
    session.lastHeardMs = this.#options.clock.monotonicMs();
    const { outputChunk } = message;
    if (outputChunk !== null && outputChunk !== undefined) {
      session.outputCame(outputChunk.requestId, outputChunk.text, outputChunk.last);
      return;
    }
    takeReport(session, message, this.#options.clock.wallMs(), {
      proven: () => this.#proven(session),
      mended: (kind, names) => this.#options.onMended(session.uid, kind, names),
    });
    const told = message.progress?.operation;
    if (told !== undefined && this.#ended.has(session.uid, told)) session.progress.delete(told);
    this.#changed(session.uid);
  }

  #proven(session: Session): void {
    const reason = this.#sessions.proven(session);
    if (reason === undefined) this.#learning.release(session);
    else this.#options.onTrouble(session.uid, new UvsError('CONFLICT', `node ${session.uid}: ${reason}`));
  }

  #closed(session: Session): void {
    this.#sessions.remove(session, this.#options.clock.monotonicMs());
    this.#changed(session.uid);
  }

  /** One pass over everything, so that ten thousand sessions need no timer of their own. */
  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const { times } = this.#options;
    for (const newcomer of this.#newcomers) {
      const late = helloTimeout(newcomer.sinceMs, nowMs, times);
      if (late === undefined) continue;
      this.#newcomers.delete(newcomer);
      newcomer.channel.end(late);
    }
    for (const session of this.#sessions.all()) {
      const late = sessionTimeout(session, nowMs, times);
      if (late !== undefined) session.channel.end(late);
    }
    if (this.#sessions.size > 0) void this.#welcomes.refresh(this.#sessions.all());
  }

  #onLeadership(): void {
    if (!this.#options.leadership.isLeader()) this.#sendAway(this.#options.leadership.leaderAddress());
  }

  #sendAway(leaderGrpcAddress: string): void {
    for (const session of this.#sessions.all()) {
      session.channel.send({ notLeader: { leaderGrpcAddress } });
      session.channel.end();
    }
  }

  #send(uid: string, message: SessionResponse): void {
    this.#sessions.current(uid)?.channel.send(message);
  }

  #reach(uid: string): Session {
    const session = this.#sessions.current(uid);
    if (session !== undefined) return session;
    throw unreachable(uid);
  }

  #changed(uid: string): void {
    for (const listener of this.#listeners) listener(uid);
  }
}
