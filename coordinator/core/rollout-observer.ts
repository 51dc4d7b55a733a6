import type { RolloutView, StepView } from '../rollout-view.ts';
import type { StepRecord, StepState } from '../domain.ts';
import { placeSteps, type PlacedStep, type RolloutSituation } from '../rollout-situation.ts';
import type { Part } from '../gate-cover.ts';
import { firstDeadline } from '../rollout-deadlines.ts';
import { isUnbegun } from '../leftovers.ts';
import { askingOf } from '../budget.ts';
import { illnessOf } from '../node-status.ts';
import { plannedHostname } from '../planned-hostname.ts';
import { matchingNodes } from '../select.ts';
import { needsOperator, observeStep, stepStage, type StepFacts } from '../rollout-step.ts';
import { turnOf, type Turn } from '../rollout-turn.ts';
import { describeStep, waitReason } from '../rollout-waiting.ts';
import type { RolloutRecords } from '../state/mirror.ts';
import { hasEnded } from '../state/mirror.ts';
import type { Excuse } from './answer.ts';
import { isPrepared, type DrainKeeper } from './drains.ts';
import { NodeChanges } from './node-changes.ts';
import { ObservedSteps } from './observed-steps.ts';
import { Refusals } from './refusals.ts';
import { holdReason, isConnected, statusOf, type Leading } from './leading.ts';

/** An operation that was not held against its node, and why it might not begin. */
interface Excused {
  readonly operation: string;
  readonly refusal: NonNullable<StepFacts['refusal']>;
  /** The node has had a slot since. */
  isOver: boolean;
}

/** Puts together what is recorded and what is heard, keeps when each point was first seen, and shows it. */
export class RolloutObserver {
  readonly #leading: Leading;
  readonly #drains: Pick<DrainKeeper, 'progressOf'>;
  readonly #asked: () => Iterable<Part>;
  /** Those about whom the gates were being asked when it was last looked. */
  #wereAsked: ReadonlySet<string> = new Set();
  /** Open rollouts. */
  readonly #observed = new Map<string, ObservedSteps>();
  readonly #turns = new Map<string, { readonly turn: Turn; readonly atMs: number }>();
  readonly #refusals: Refusals;
  /** By UID, of each node the last operation that was not held against it, and why it might not begin: its next one waits for that too. */
  readonly #excused = new Map<string, Excused>();

  /** @param asked about whom the gates are being asked at this moment */
  constructor(leading: Leading, asked: () => Iterable<Part>, drains: Pick<DrainKeeper, 'progressOf'>) {
    this.#leading = leading;
    this.#drains = drains;
    this.#asked = asked;
    this.#refusals = new Refusals(leading.clock);
  }

  refuse(operation: string, message: string): void {
    this.#refusals.refuse(operation, message);
    this.#touchOperations([operation]);
  }

  allow(operation: string): void {
    if (this.#refusals.allow(operation)) this.#touchOperations([operation]);
  }

  /** An operation that is given back for what is not the node's doing does not count among those after which it has failed. */
  excuse(uid: string, operation: string, message: string, excuse: Excuse): void {
    if (this.#excused.get(uid)?.operation === operation) return;
    this.#excused.set(uid, { operation, refusal: { message, atMs: this.#leading.clock.monotonicMs() }, isOver: false });
    for (const observed of this.#observed.values()) observed.excuse(uid, operation, excuse);
  }

  /** Why an operation was last refused, and when by the monotonic clock. */
  refusalOf(operation: string): StepFacts['refusal'] {
    return this.#refusals.of(operation);
  }

  /** After a slot began, ended or went, everything that was refused may be asked again. */
  outdateRefusals(): void {
    this.#touchOperations(this.#refusals.outdate());
  }

  /** Keeps nothing of rollouts that are over. */
  forgetAllBut(rollouts: ReadonlySet<string>): void {
    for (const [id, observed] of this.#observed) {
      if (rollouts.has(id)) continue;
      observed[Symbol.dispose]();
      this.#observed.delete(id);
    }
    for (const id of this.#turns.keys()) if (!rollouts.has(id)) this.#turns.delete(id);
    if (rollouts.size === 0) this.#excused.clear();
  }

  situation(records: RolloutRecords): RolloutSituation {
    const { clock, ledger, timings } = this.#leading;
    const { mirror } = ledger;
    const nowMs = clock.monotonicMs();
    this.#touchAsked();
    const factsOf = (uid: string, place: number): StepFacts => this.#facts(records, uid, place);
    const steps = this.#observedOf(records).observe(records, factsOf, nowMs);
    return {
      nowMs,
      plan: records.plan,
      state: records.state,
      holdReason: holdReason(mirror),
      isPutBack: mirror.ledger.hold !== undefined,
      unwrittenMs: ledger.unwrittenMs,
      steps,
      placed: steps,
      stagingLimit: timings.stagingLimit,
      retryMs: timings.retryMs,
    };
  }

  #observedOf({ plan }: RolloutRecords): ObservedSteps {
    const known = this.#observed.get(plan.id);
    if (known !== undefined) return known;
    const observed = new ObservedSteps(new NodeChanges(this.#leading));
    this.#observed.set(plan.id, observed);
    return observed;
  }

  #touchOperations(operations: readonly string[]): void {
    for (const observed of this.#observed.values()) for (const operation of operations) observed.touchOperation(operation);
  }

  #touchAsked(): void {
    const asked = new Set([...this.#asked()].map(({ uid }) => uid));
    const before = this.#wereAsked;
    const others = [...[...asked].filter((uid) => !before.has(uid)), ...[...before].filter((uid) => !asked.has(uid))];
    for (const observed of this.#observed.values()) for (const uid of others) observed.touch(uid);
    this.#wereAsked = asked;
  }

  view(records: RolloutRecords): RolloutView {
    const situation = this.situation(records);
    const placed = placeSteps(situation);
    const turn = this.#turnNow(situation, placed);
    const wait = hasEnded(records.state) ? { isMoving: true, reason: '' } : waitReason(situation, placed);
    const count = (wanted: StepState): number => placed.filter(({ stage }) => stage === wanted).length;
    return {
      plan: records.plan,
      state: records.state,
      waitingFor: wait.isMoving ? '' : wait.reason,
      newcomers: hasEnded(records.state) ? [] : this.newcomers(records.plan),
      counts: { succeeded: count('succeeded'), failed: count('failed'), skipped: count('skipped') },
      deadline: this.#deadline(situation, placed),
      steps: placed.map((step) => this.#stepView(records, step, turn)),
    };
  }

  #deadline(situation: RolloutSituation, placed: readonly PlacedStep[]): RolloutView['deadline'] {
    const wait = firstDeadline(situation, placed);
    if (wait === undefined) return undefined;
    const offsetMs = this.#leading.clock.wallMs() - situation.nowMs;
    return { since: wait.sinceMs + offsetMs, until: wait.untilMs + offsetMs };
  }

  /** One step as it is now; undefined where the rollout has no such node. */
  stepView(records: RolloutRecords, uid: string): StepView | undefined {
    const place = records.plan.order.indexOf(uid);
    if (place === -1) return undefined;
    const facts = this.#facts(records, uid, place);
    const nowMs = this.#leading.clock.monotonicMs();
    const milestones = observeStep(this.#observed.get(records.plan.id)?.milestones(uid), facts, records.state, nowMs);
    const step = { ...facts, milestones, stage: stepStage(facts, records.state), isCanary: place < records.plan.canaries };
    return this.#stepView(records, step, this.#recentTurn(records, nowMs));
  }

  #turnNow(situation: RolloutSituation, steps: readonly PlacedStep[]): Turn {
    const turn = turnOf(situation, steps);
    this.#turns.set(situation.plan.id, { turn, atMs: situation.nowMs });
    return turn;
  }

  /** Of a thousand steps that are shown one by one not each looks through all. */
  #recentTurn(records: RolloutRecords, nowMs: number): Turn {
    const known = this.#turns.get(records.plan.id);
    const isRecent = known?.turn.state === records.state.state && nowMs - known.atMs < this.#leading.timings.tickMs;
    if (isRecent) return known.turn;
    const situation = this.situation(records);
    return this.#turnNow(situation, placeSteps(situation));
  }

  /** Names of nodes that the selection has come to mean since it was planned. */
  newcomers({ order, skipped, spec }: RolloutRecords['plan']): readonly string[] {
    const { nodes } = this.#leading.ledger.mirror;
    const known = new Set([...order, ...Object.keys(skipped)]);
    const strangers = [...nodes.values()].filter(({ uid }) => !known.has(uid));
    return matchingNodes(strangers, spec.selector).map(({ hostname }) => hostname);
  }

  /** Why a node could not begin the last time that it had a slot in this rollout: what its next one waits for, until it has one again. */
  #formerRefusal(
    uid: string,
    record: StepRecord | undefined,
    hasSlot: boolean,
  ): { readonly refusal?: StepFacts['refusal']; readonly formerRefusal?: string } {
    const excused = this.#excused.get(uid);
    if (excused === undefined || record === undefined) return {};
    const isOfStep = [record, ...record.earlier].some(({ operation }) => operation === excused.operation);
    if (!isOfStep || (hasSlot && excused.operation === record.operation)) return {};
    if (!hasSlot) return excused.isOver ? {} : { refusal: excused.refusal };
    // what comes of this turn is what is so then
    excused.isOver = true;
    return { formerRefusal: excused.refusal.message };
  }

  #facts({ plan, steps }: RolloutRecords, uid: string, place: number): StepFacts {
    const record = steps.get(uid);
    const { ledger, link } = this.#leading;
    const { mirror } = ledger;
    const node = mirror.nodes.get(uid);
    const live = link.live(uid);
    const status = node === undefined ? undefined : statusOf(this.#leading, node, mirror.slots.get(uid));
    const operation = record?.operation;
    const progress = operation === undefined ? undefined : live?.progress.get(operation);
    const open = live?.openOperations.find((each) => each.operation === operation);
    const former = this.#formerRefusal(uid, record, mirror.slots.get(uid)?.operation === operation);
    const refusal = operation === undefined ? undefined : (this.#refusals.of(operation) ?? former.refusal);
    return {
      uid,
      hostname: node?.hostname ?? mirror.slots.get(uid)?.removedNode?.hostname ?? plannedHostname(plan, uid, place) ?? uid,
      record,
      slot: mirror.slots.get(uid),
      isEnrolled: node !== undefined,
      isConnected: isConnected(this.#leading, uid),
      phase: progress?.phase ?? open?.phase,
      phaseMessage: progress?.message ?? '',
      isAsleep: progress === undefined && open !== undefined && isUnbegun(open.phase),
      isPreparing: operation !== undefined && !isPrepared(this.#leading, mirror, uid, operation),
      preparation: operation === undefined ? undefined : this.#drains.progressOf(uid, operation),
      quarantine: status?.state === 'quarantined' ? status.message : undefined,
      illness: status === undefined ? undefined : illnessOf(status),
      isToBeMended: status?.state === 'unhealthy' && askingOf(plan.id, plan.spec).isMending,
      isWithOperator: status?.state === 'needs-operator',
      refusal,
      formerRefusal: former.formerRefusal,
      isAsked: this.#wereAsked.has(uid),
    };
  }

  #stepView({ plan, state, steps }: RolloutRecords, step: PlacedStep, turn: Turn): StepView {
    const record = steps.get(step.uid);
    const isDone = step.stage === 'succeeded' || step.stage === 'failed' || step.stage === 'skipped';
    const progress = record === undefined ? undefined : this.#leading.link.live(step.uid)?.progress.get(record.operation);
    return {
      rollout: plan.id,
      uid: step.uid,
      state: step.stage,
      operation: record?.operation ?? '',
      attempt: record?.attempt ?? state.attempt,
      message: isDone ? (record?.message ?? '') : hasEnded(state) ? (record?.message ?? '') : describeStep(step, turn),
      outcome: record?.outcome,
      beganAt: record?.beganAt,
      endedAt: record?.endedAt,
      outputTail: record?.outputTail ?? '',
      earlier: record?.earlier ?? [],
      hostname: step.hostname,
      isCanary: step.isCanary,
      needsOperator: needsOperator(step),
      phase: isDone ? '' : (step.phase ?? ''),
      percent: isDone ? -1 : (progress?.percent ?? -1),
    };
  }
}
