import type { NodeRecord } from '../../domain.ts';
import type { Clock, Drain, Gate, GateAnswer, GateQuestion } from '../../ports.ts';
import { NEVER } from '../never.ts';
import { recovery } from './after.ts';
import { atBegin, atBeginSchema, type AtBegin } from './at-begin.ts';
import { managerRestartRefusal, refusalBefore, type Tolerance } from './before.ts';
import { askTogether } from './answer.ts';
import { poolsNever } from './pools-never.ts';
import type { Ceph } from './cli.ts';
import { askOkToStop, hostsOf, NODES, OSD_MAP, QUORUM, readMaps, readState, type ClusterMaps } from './cluster.ts';
import { nodeDaemons, nodesAnswer } from './daemons.ts';
import { drainPlanFrom, fromRecord } from './drain-plan.ts';
import { cephDrain } from './drain.ts';
import { extentOf } from './extent.ts';
import type { GreetDaemons } from './greeting.ts';
import { standbysOf } from './metadata-servers.ts';
import { quorumAnswer, tooFewMonitors } from './monitors.ts';
import { osdMapAnswer, retiredOsds } from './osds.ts';

export interface CephGateOptions {
  readonly name: string;
  readonly ceph: Ceph;
  readonly greet: GreetDaemons;
  readonly clock: Clock;
  /** Of a whole answer. */
  readonly timeoutMs: number;
  /** How long everything must have been well before a node is believed to be back. */
  readonly soakMs: number;
  /**
   * How long Ceph may take to notice that a daemon has died. By its own defaults monitors miss each other after 10 s, metadata servers are
   * missed after 15 s, OSDs after 20 s and a heartbeat, managers after 30 s.
   */
  readonly noticeMs: number;
  /** Codes of health checks that forbid no disturbance, whatever it is for, e.g. "TELEMETRY_CHANGED". */
  readonly acknowledged: readonly string[];
}

/**
 * The begun set as it is when the node that was last found to be back has been freed. While the set is this one there is no change that Ceph
 * may be ignorant of.
 */
interface Settled {
  readonly begunMark: string;
  readonly atMs: number;
  /** A node that may begin since: for all others its beginning is a change. Undefined: none. */
  readonly beginner: string | undefined;
}

interface Watched {
  /** When it was first asked whether the node is back. */
  readonly sinceMs: number;
  /** Whether its operation had ended before: what was seen until then is no proof of how it ended. */
  readonly hasEnded: boolean;
  wellSinceMs: number | undefined;
}

/** Asks Ceph whether it can spare a node, and afterwards whether the node's daemons are back. What can't be found out is a no. */
export class CephGate implements Gate {
  readonly kind = 'ceph';
  readonly name: string;
  readonly drain: Drain;
  readonly #options: CephGateOptions;
  /** Nodes that are to be back, by UID. A new leader watches anew: a soak becomes longer, never shorter. */
  readonly #watched = new Map<string, Watched>();
  #settled: Settled | undefined;
  /** The node that was last told that it may begin. */
  #beginner: string | undefined;

  constructor(options: CephGateOptions) {
    this.name = options.name;
    this.drain = cephDrain(options.ceph);
    this.#options = options;
  }

  async ask(question: GateQuestion, signal: AbortSignal): Promise<GateAnswer> {
    const within = this.#within(signal);
    if (question.moment === 'after') return this.#after(question, within);
    const answer = await this.#before(question, within);
    if (question.moment === 'before-begin' && answer.isYes && answer.note !== undefined) this.#begins(question.node.uid);
    return answer;
  }

  async never(nodes: readonly NodeRecord[], signal: AbortSignal): Promise<readonly string[]> {
    const { ceph } = this.#options;
    const within = this.#within(signal);
    const read = await askTogether(ceph, [NODES, QUORUM, OSD_MAP], within);
    const hosts = await hostsOf(ceph, read(NODES, nodesAnswer), within);
    const osdMap = read(OSD_MAP, osdMapAnswer);
    const retired = retiredOsds(osdMap);
    const daemons = nodes.map((node) => nodeDaemons(node, hosts, { retired }).names);
    const hasMonitor = daemons.flat().some((name) => name.startsWith('mon.'));
    const few = hasMonitor ? tooFewMonitors(read(QUORUM, quorumAnswer)) : undefined;
    return [...(few === undefined ? [] : [`${NEVER}${few}`]), ...(await poolsNever(ceph, osdMap, daemons, within))];
  }

  #before(question: GateQuestion, signal: AbortSignal): Promise<GateAnswer> {
    switch (extentOf(question.restarted)) {
      case 'node':
        return this.#beforeAnything(question, signal);
      case 'managers':
        return this.#beforeManagers(question, signal);
    }
  }

  async #beforeAnything(question: GateQuestion, signal: AbortSignal): Promise<GateAnswer> {
    const { ceph, greet } = this.#options;
    const { hosts, state } = await readState(ceph, signal);
    const { names, mismatch } = nodeDaemons(question.node, hosts, { retired: retiredOsds(state.osdMap) });
    const answer = this.#answerAtOnce(question, names, mismatch);
    if (answer !== undefined) return answer;
    const others = question.begun.flatMap((other) => nodeDaemons(other, hosts).names);
    const hasServers = [...names, ...others].some((name) => name.startsWith('mds.'));
    const [okToStop, silentMonitors, silentStandbys] = await Promise.all([
      askOkToStop(ceph, [...names, ...others], signal),
      greet(state.quorum.monitors, signal),
      hasServers ? greet(standbysOf(state.metadataServers), signal) : [],
    ]);
    const asked = { state, okToStop, silentMonitors, silentStandbys, candidate: names, begun: others };
    return verdict(names, state, refusalBefore({ ...asked, ...this.#tolerance(question) }));
  }

  /** Asks monitors only. */
  async #beforeManagers(question: GateQuestion, signal: AbortSignal): Promise<GateAnswer> {
    const { ceph, greet } = this.#options;
    const { hosts, state } = await readMaps(ceph, signal);
    const { names, mismatch } = nodeDaemons(question.node, hosts, { extent: 'managers', retired: retiredOsds(state.osdMap) });
    const answer = this.#answerAtOnce(question, names, mismatch);
    if (answer !== undefined) return answer;
    const begun = question.begun.flatMap((other) => nodeDaemons(other, hosts).names);
    const silentMonitors = await greet(state.quorum.monitors, signal);
    return verdict(names, state, managerRestartRefusal({ state, silentMonitors, begun, ...this.#tolerance(question) }));
  }

  /** The answer that needs no more than the node's daemons; undefined: Ceph is to be asked about them. */
  #answerAtOnce(question: GateQuestion, names: readonly string[], mismatch: string | undefined): GateAnswer | undefined {
    if (mismatch !== undefined) return no(mismatch);
    if (names.length === 0) return yes(`${question.node.hostname} has no Ceph daemon in service`);
    const unnoticedMs = this.#unnoticedMs(question);
    if (unnoticedMs <= 0) return undefined;
    return no(`another node began or ended a moment ago, which Ceph may not have noticed yet: ${seconds(unnoticedMs)} more`);
  }

  #tolerance({ acknowledged, drains }: GateQuestion): Tolerance {
    const plans = this.#recorded(drains.map(({ set }) => set)).map(drainPlanFrom);
    return {
      acknowledged: [...this.#options.acknowledged, ...acknowledged],
      ownFlags: new Set(plans.flatMap(({ noout }) => noout.map(({ name }) => name))),
    };
  }

  async #after(question: GateQuestion, signal: AbortSignal): Promise<GateAnswer> {
    const { ceph, clock, greet, soakMs, noticeMs } = this.#options;
    const { node, begun, drains, begunMark } = question;
    const watched = this.#watch(question);
    const { hosts, state } = await readState(ceph, signal).catch((thrown: unknown) => {
      watched.wellSinceMs = undefined;
      throw thrown;
    });
    const noted = this.#noted(node.uid, drains);
    const { names, mismatch } = nodeDaemons(node, hosts, { retired: retiredOsds(state.osdMap) });
    const daemons = [...new Set([...names, ...(noted?.daemons ?? [])])];
    if (daemons.length === 0) {
      this.#watched.delete(node.uid);
      return mismatch === undefined ? yes(`${node.hostname} has no Ceph daemon in service`) : no(mismatch);
    }
    const silentMonitors = await greet(state.quorum.monitors, signal);
    const extent = extentOf(question.restarted);
    const found = recovery({ state, silentMonitors, daemons, atBegin: noted, extent });
    if (!found.isBack || mismatch !== undefined) {
      watched.wellSinceMs = undefined;
      return no(found.isBack ? (mismatch ?? '') : found.reason);
    }
    const nowMs = clock.monotonicMs();
    watched.wellSinceMs ??= nowMs;
    const unnoticedMs = noticeMs - (nowMs - watched.sinceMs);
    if (found.unchanged.length > 0 && unnoticedMs > 0) {
      return no(
        `nothing shows that ${found.unchanged.join(', ')} has started anew, and Ceph may not have noticed its end: ${seconds(unnoticedMs)} more`,
      );
    }
    const soakedMs = nowMs - watched.wellSinceMs;
    if (soakedMs < soakMs) return no(`${daemons.join(', ')} back; must stay so for ${seconds(soakMs - soakedMs)} more`);
    if (question.hasEnded) {
      this.#watched.delete(node.uid);
      if (this.#beginner === node.uid) this.#beginner = undefined;
      // whoever was told meanwhile that it may begin, and had not when this was asked
      const beginner = begun.some(({ uid }) => uid === this.#beginner) ? undefined : this.#beginner;
      this.#settled = { begunMark, atMs: nowMs, beginner };
    }
    return yes(`${daemons.join(', ')} back, and well for ${seconds(soakedMs)}`);
  }

  #within(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, AbortSignal.timeout(this.#options.timeoutMs)]);
  }

  /** How long Ceph's answers may still be of the time before another node began or ended; none where a node that came back was the last change. */
  #unnoticedMs({ node, begunMark, othersChangedMs, leadingSinceMs }: GateQuestion): number {
    const settled = this.#settled;
    const isSettled =
      settled !== undefined &&
      settled.begunMark === begunMark &&
      settled.atMs >= leadingSinceMs &&
      (settled.beginner === undefined || settled.beginner === node.uid);
    return isSettled ? 0 : othersChangedMs + this.#options.noticeMs - this.#options.clock.monotonicMs();
  }

  /** What a node was watched for before it began again is over; and from now on it may disturb itself. */
  #begins(uid: string): void {
    this.#watched.delete(uid);
    this.#beginner = uid;
    if (this.#settled !== undefined) this.#settled = { ...this.#settled, beginner: uid };
  }

  #watch({ node, leadingSinceMs, hasEnded }: GateQuestion): Watched {
    const known = this.#watched.get(node.uid);
    if (known !== undefined && known.sinceMs >= leadingSinceMs && known.hasEnded === hasEnded) return known;
    const watched = { sinceMs: this.#options.clock.monotonicMs(), hasEnded, wellSinceMs: undefined };
    this.#watched.set(node.uid, watched);
    return watched;
  }

  #noted(uid: string, drains: GateQuestion['drains']): AtBegin | undefined {
    const [text] = this.#recorded(drains.filter((record) => record.uid === uid).map(({ notes }) => notes));
    return text === undefined ? undefined : fromRecord(atBeginSchema, text);
  }

  /** This gate's own part of what was recorded. */
  #recorded(records: readonly Readonly<Record<string, string>>[]): readonly string[] {
    return records.flatMap((record) => record[this.name] ?? []);
  }
}

/** With what is so at this moment, to compare with when the node is to be back. */
function verdict(names: readonly string[], state: ClusterMaps, refusal: string | undefined): GateAnswer {
  if (refusal !== undefined) return no(refusal);
  return { ...yes(`Ceph can spare ${names.join(', ')}`), note: JSON.stringify(atBegin(state, names)) };
}

function yes(message: string): GateAnswer {
  return { isYes: true, message };
}

function no(message: string): GateAnswer {
  return { isYes: false, message };
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
