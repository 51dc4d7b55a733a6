import { untilAborted } from '../../common/until-aborted.ts';
import { addAbortListener } from 'node:events';
import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Pulse } from '../../common/pulse.ts';
import type { Logger } from '../../common/log.ts';
import type { Core } from '../core.ts';
import type { Member } from '../domain.ts';
import { cutOff, Election, notLeader, type Term } from '../election.ts';
import type { Etcd } from '../etcd/port.ts';
import type { AgentLink, Clock, Gate } from '../ports.ts';
import { createEpoch, holdCluster, registerMember } from '../state/bootstrap.ts';
import { readEtcdState } from '../state/etcd-state.ts';
import { Ledger } from '../state/ledger.ts';
import { Requests } from '../state/requests.ts';
import { listAudit } from './audit.ts';
import { Cluster } from './cluster.ts';
import { Credentials } from './credentials.ts';
import { drainGatesOf, type DrainGate } from './drains.ts';
import { Fitness } from './fitness.ts';
import { GateKeeper } from './gate-keeper.ts';
import { HandOver } from './hand-over.ts';
import { inDiskTime } from './in-disk-time.ts';
import { JoinTokens } from './join-tokens.ts';
import { LastChanges } from './last-changes.ts';
import type { Leading } from './leading.ts';
import { Declarations } from './declarations.ts';
import { limitsKind } from './declared-limits.ts';
import { settingsKind } from './declared-settings.ts';
import { Nodes } from './nodes.ts';
import { PackageRoots, type PackageRootOptions } from './package-roots.ts';
import { Packages } from './packages.ts';
import { Presence } from './presence.ts';
import { pause } from '../state/pause.ts';
import { makeReign, type Reign } from './reign.ts';
import { Rollouts } from './rollouts.ts';
import type { CoreTimings } from './timings.ts';
import { Slots } from './slots.ts';
import { Watermark, type SeenStore } from './watermark.ts';
import type { WithdrawalStore } from './withdrawals.ts';

export interface CoordinatorOptions {
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly member: Member;
  /** Of the certificate with which it serves. */
  readonly certificateFingerprint: string;
  /** Host name of the machine on which it runs. */
  readonly nodeName: string;
  readonly gates: readonly Gate[];
  readonly timings: CoreTimings;
  readonly randomUuid: () => string;
  /** Where it keeps what it has seen of etcd. */
  readonly seen: SeenStore;
  /** Where it keeps which certificates were withdrawn. */
  readonly withdrawals: WithdrawalStore;
  /** Whose packages it takes at first, and where it keeps whose it takes since. */
  readonly packageRoot: PackageRootOptions;
  /** Told of each turn of its loops. */
  readonly pulse: Pick<Pulse, 'turn' | 'rest'>;
  readonly log: Logger;
}

/** How often a coordinator, leading or not, looks whether etcd still is what it was. */
const ETCD_CHECK_MS = 5_000;
/** … and how often while it does not answer. */
const ETCD_RETRY_MS = 1_000;

/** The deciding part of one coordinator: stands for election, leads or follows, and answers as `Core` either way. */
export class Coordinator implements AsyncDisposable {
  readonly core: Core;
  readonly #options: CoordinatorOptions;
  readonly #election: Election;
  readonly #credentials: Credentials;
  readonly #packageRoots: PackageRoots;
  readonly #declared;
  readonly #gates: GateKeeper;
  readonly #drainGates: readonly DrainGate[];
  readonly #handOver: HandOver;
  readonly #presence: Presence;
  readonly #fitness: Fitness;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  #reign: Reign | undefined;
  #watermark: Watermark | undefined;
  /** Why etcd could not be looked at the last time; undefined where it could. */
  #etcdTrouble: UvsError | undefined;
  #watching: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    const { clock, etcd, gates, log, member, timings, randomUuid } = options;
    const onTrouble = (err: Error): void => log.warn({ err }, 'etcd could not be watched');
    this.#gates = new GateKeeper(gates, clock, timings.gateDeadlineMs, (gate) => {
      log.error({ gate }, 'a gate goes on long after it was told to stop; its place is given to the next question');
    });
    this.#drainGates = drainGatesOf(gates);
    this.#handOver = new HandOver(options.nodeName, clock, timings.handOverAfterMs);
    this.#election = new Election({ etcd, clock, member, ttlSeconds: timings.leaderTtlSeconds, randomId: randomUuid }, onTrouble, () =>
      this.#tell(),
    );
    this.#presence = new Presence({
      etcd,
      clock,
      memberId: member.id,
      nodeName: options.nodeName,
      ttlSeconds: timings.leaderTtlSeconds,
      register: () => registerMember(etcd, member, clock, randomUuid),
      log,
    });
    this.#fitness = new Fitness(clock, this.#presence, log);
    const requireReign = (): Reign => this.#requireReign();
    const requireLeading = (): Leading => this.#requireReign().leading;
    this.#credentials = new Credentials(etcd, requireLeading, options.withdrawals, options.certificateFingerprint, log);
    this.#packageRoots = new PackageRoots(etcd, requireLeading, { ...options.packageRoot, ownId: member.id }, log);
    this.#declared = { limits: new Declarations(limitsKind, requireLeading), settings: new Declarations(settingsKind, requireLeading) };
    this.core = {
      nodes: new Nodes(etcd, requireLeading, () => this.#presence.machines),
      cluster: new Cluster({
        etcd,
        leading: () => this.#reign?.leading,
        requireLeading,
        knownLeader: () => this.#election.known,
        randomUuid,
        presence: this.#presence,
        judgeEtcd: () => this.#judgeEtcd(),
        restoreWithdrawals: () => this.#credentials.restore(),
      }),
      packages: new Packages(etcd, requireLeading, onTrouble),
      packageRoot: this.#packageRoots,
      rollouts: new Rollouts(etcd, requireReign, this.#packageRoots),
      slots: new Slots(requireReign),
      tokens: new JoinTokens(etcd, requireLeading),
      credentials: this.#credentials,
      ...this.#declared,
      audit: { list: listAudit(etcd, requireLeading) },
    };
  }

  /** Whether this coordinator decides: it has won and read everything. */
  isLeader(): boolean {
    return this.#reign?.leading.term.isCurrent() === true;
  }

  /** Why etcd could not be looked at the last time, some seconds ago; undefined where it could. */
  get etcdTrouble(): UvsError | undefined {
    return this.#etcdTrouble;
  }

  /** What the leader has in hand; undefined where this coordinator does not lead. */
  get inHand(): { readonly rollouts: number; readonly slots: number } | undefined {
    const mirror = this.isLeader() ? this.#reign?.leading.ledger.mirror : undefined;
    if (mirror === undefined) return undefined;
    const rollouts = [...mirror.rollouts.values()].filter(({ state }) => state.state === 'running' || state.state === 'paused').length;
    return { rollouts, slots: mirror.slots.size };
  }

  /** gRPC address of the leader as last heard; empty where nobody leads. */
  leaderAddress(): string {
    if (this.isLeader()) return this.#options.member.grpcAddress;
    const known = this.#election.known;
    return known === undefined || known.id === this.#options.member.id ? '' : known.grpcAddress;
  }

  /** Calls back when this coordinator begins or ceases to lead, or hears of another leader. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * Registers the member and shows that it runs, waits for the list of withdrawn certificates and the root file for packages, and from then on stands for election.
   * @throws ETCD_UNAVAILABLE; the signal's reason
   */
  async start(link: AgentLink, signal: AbortSignal): Promise<void> {
    const { etcd, log, randomUuid } = this.#options;
    this.#watermark = await inDiskTime(Watermark.open(this.#options.seen, (keeps) => this.#fitness.diskKeeps(keeps)));
    await createEpoch(etcd, randomUuid);
    await this.#judgeEtcd();
    await this.#presence.start();
    const onTrouble = (err: Error): void => log.warn({ err }, 'etcd could not be watched');
    await untilAborted(this.#credentials.open(onTrouble), signal);
    await untilAborted(this.#packageRoots.open(onTrouble), signal);
    this.#running = this.#lead(link);
    this.#watching = this.#watchEtcd();
  }

  /** Gives the leadership away, so that another coordinator takes over at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the coordinator stops'));
    await this.#running;
    await this.#watching;
    await this.#presence[Symbol.asyncDispose]();
    this.#packageRoots[Symbol.dispose]();
    this.#credentials[Symbol.dispose]();
    this.#election[Symbol.dispose]();
  }

  async #lead(link: AgentLink): Promise<void> {
    const { log, timings } = this.#options;
    while (!this.#stop.signal.aborted) {
      let term: Term;
      try {
        term = await this.#election.win(this.#stop.signal);
      } catch {
        return;
      }
      // also while the term is being opened: nothing else would ever end it
      using _stop = addAbortListener(this.#stop.signal, () => void term.resign().catch(() => undefined));
      try {
        this.#fitness.demandMayLead();
        const reign = await this.#open(term, link);
        this.#reign = reign;
        this.#fitness.termBegan();
        log.info({ rollouts: reign.leading.ledger.mirror.rollouts.size, slots: reign.leading.ledger.mirror.slots.size }, 'leading');
        this.#tell();
        await this.#credentials.restore();
        await this.#packageRoots.restore();
        await reign.runner.run();
      } catch (thrown) {
        this.#fitness.termFailed(thrown);
      } finally {
        this.#reign = undefined;
        await term.resign().catch(() => undefined);
        log.info('not leading any more');
        this.#tell();
      }
      if (this.#handOver.isUnderWay) {
        const isTaken = await this.#election.otherLeads(timings.handOverMs, this.#stop.signal);
        this.#handOver.end(isTaken);
        if (!isTaken) log.warn('no other coordinator took the leadership: this one goes on');
        continue;
      }
      // who lost it lets the others try first: what is wrong is likely to be wrong here
      await pause(timings.leaderTtlSeconds * 300, this.#stop.signal);
    }
  }

  async #open(term: Term, link: AgentLink): Promise<Reign> {
    const { clock, etcd, log, randomUuid, timings } = this.#options;
    const watermark = await this.#judgeEtcd();
    this.#fitness.demandMayLead();
    const canOtherLead = (): boolean => this.#presence.canOtherLead;
    const ledger = await Ledger.open({ etcd, clock, term, randomId: randomUuid, watermark, canOtherLead });
    const requests = new Requests(etcd, ledger, clock);
    const changes = new LastChanges(ledger, clock);
    ledger.onApplied((applied) => Object.values(this.#declared).forEach((kind) => kind.note(applied)));
    const sinceMs = clock.monotonicMs();
    return makeReign(
      {
        term,
        sinceMs,
        etcd,
        clock,
        ledger,
        requests,
        link,
        gates: this.#gates,
        drainGates: this.#drainGates,
        handOver: this.#handOver,
        changes,
        timings,
        randomUuid,
      },
      this.#options.pulse,
      log,
    );
  }

  /**
   * Looks whether etcd is what this coordinator remembers; if not, stops all grants and begins of the cluster, durably, whoever leads it.
   * What it has seen is on the disk afterwards, unless that takes nothing: then nothing can be promised (Ledger), and all else goes on.
   */
  async #judgeEtcd(): Promise<Watermark> {
    const { clock, etcd, log, member, randomUuid } = this.#options;
    const watermark = this.#watermark;
    if (watermark === undefined) throw new UvsError('INTERNAL', 'the coordinator was not started');
    const before = watermark.seen;
    const state = await readEtcdState(etcd, watermark.landmark);
    const trouble = watermark.judge(state, before);
    if (trouble === undefined) {
      const kept = watermark.remember(state.revision).then(() => watermark.probe());
      await kept.catch((err: unknown) => log.debug({ err }, 'what was seen of etcd was not kept'));
      return watermark;
    }
    log.error({ reason: trouble }, 'etcd is not what it was: nothing is granted or begun until it is adopted');
    const epochs = watermark.epoch === undefined ? [] : [watermark.epoch];
    await holdCluster(etcd, member.id, { reason: `${member.id}: ${trouble}`, epochs }, clock, randomUuid);
    return watermark;
  }

  async #watchEtcd(): Promise<void> {
    for (;;) {
      this.#options.pulse.turn('etcd');
      await pause(this.#etcdTrouble === undefined ? ETCD_CHECK_MS : ETCD_RETRY_MS, this.#stop.signal);
      if (this.#stop.signal.aborted) return this.#options.pulse.rest('etcd');
      try {
        await this.#judgeEtcd();
        this.#fitness.show();
        if (this.#reign !== undefined) await this.#fitness.leaveToOther(this.#reign.leading.term);
        // a leader that has nothing to decide would not see what the others have found
        await this.#reign?.leading.ledger.refresh();
        this.#etcdTrouble = undefined;
      } catch (error) {
        const err = toUvsError(error);
        this.#etcdTrouble = err.reason === 'ETCD_UNAVAILABLE' ? err : undefined;
        this.#options.log.warn({ err }, 'etcd could not be looked at');
      }
    }
  }

  #requireReign(): Reign {
    if (this.#reign !== undefined && this.#reign.leading.term.isCurrent()) return this.#reign;
    const { known } = this.#election;
    const { id } = this.#options.member;
    throw this.#etcdTrouble === undefined ? notLeader(known, id, this.#fitness.recentTrouble) : cutOff(this.#etcdTrouble, known, id);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
