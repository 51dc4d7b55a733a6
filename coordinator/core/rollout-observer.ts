import type { RolloutView, StepView } from '../core.ts';
import { placeSteps, type PlacedStep, type RolloutSituation } from '../rollout-situation.ts';
import { isUnbegun } from '../leftovers.ts';
import { matchingNodes } from '../select.ts';
import { observeStep, stepStage, type StepFacts, type StepMilestones, type StepSituation } from '../rollout-step.ts';
import { describeStep, waitReason } from '../rollout-waiting.ts';
import type { RolloutRecords } from '../state/mirror.ts';
import { hasEnded } from '../state/mirror.ts';
import { isPrepared } from './drains.ts';
import { Refusals } from './refusals.ts';
import { holdReason, isConnected, statusOf, type Leading } from './leading.ts';

/** Puts together what is recorded and what is heard, keeps when each point was first seen, and shows it. */
export class RolloutObserver {
  readonly #leading: Leading;
  /** By rollout, then by UID. */
  readonly #milestones = new Map<string, Map<string, StepMilestones>>();
  readonly refusals: Refusals;

  constructor(leading: Leading) {
    this.#leading = leading;
    this.refusals = new Refusals(leading.clock);
  }

  /** Keeps nothing of rollouts that are over. */
  forgetAllBut(rollouts: ReadonlySet<string>): void {
    for (const id of this.#milestones.keys()) if (!rollouts.has(id)) this.#milestones.delete(id);
  }

  situation({ plan, state, steps }: RolloutRecords): RolloutSituation {
    const { clock, ledger, settings } = this.#leading;
    const nowMs = clock.monotonicMs();
    let milestones = this.#milestones.get(plan.id);
    if (milestones === undefined) {
      milestones = new Map();
      this.#milestones.set(plan.id, milestones);
    }
    const situations: StepSituation[] = [];
    for (const uid of plan.order) {
      const facts = this.#facts(uid, steps.get(uid));
      const observed = observeStep(milestones.get(uid), facts, state, nowMs);
      milestones.set(uid, observed);
      situations.push({ ...facts, milestones: observed });
    }
    const { mirror } = ledger;
    return {
      nowMs,
      plan,
      state,
      holdReason: holdReason(mirror),
      isPutBack: mirror.ledger.hold !== undefined,
      steps: situations,
      stagingLimit: settings.stagingLimit,
      retryMs: settings.retryMs,
    };
  }

  view(records: RolloutRecords): RolloutView {
    const situation = this.situation(records);
    const placed = placeSteps(situation);
    const wait = hasEnded(records.state) ? { isMoving: true, reason: '' } : waitReason(situation, placed);
    return {
      plan: records.plan,
      state: records.state,
      waitingFor: wait.isMoving ? '' : wait.reason,
      newcomers: hasEnded(records.state) ? [] : this.#newcomers(records.plan),
      steps: placed.map((step) => this.#stepView(records, step)),
    };
  }

  /** One step as it is now; undefined where the rollout has no such node. */
  stepView(records: RolloutRecords, uid: string): StepView | undefined {
    const place = records.plan.order.indexOf(uid);
    if (place === -1) return undefined;
    const facts = this.#facts(uid, records.steps.get(uid));
    const nowMs = this.#leading.clock.monotonicMs();
    const milestones = observeStep(this.#milestones.get(records.plan.id)?.get(uid), facts, records.state, nowMs);
    return this.#stepView(records, {
      ...facts,
      milestones,
      stage: stepStage(facts, records.state),
      isCanary: place < records.plan.canaries,
    });
  }

  #newcomers({ order, skipped, spec }: RolloutRecords['plan']): readonly string[] {
    const { nodes } = this.#leading.ledger.mirror;
    const known = new Set([...order, ...Object.keys(skipped)]);
    const strangers = [...nodes.values()].filter(({ uid }) => !known.has(uid));
    return matchingNodes(strangers, spec.selector).map(({ hostname }) => hostname);
  }

  #facts(uid: string, record: StepFacts['record']): StepFacts {
    const { ledger, link } = this.#leading;
    const { mirror } = ledger;
    const node = mirror.nodes.get(uid);
    const live = link.live(uid);
    const status = node === undefined ? undefined : statusOf(this.#leading, node, mirror.slots.get(uid));
    const operation = record?.operation;
    const progress = operation === undefined ? undefined : live?.progress.get(operation);
    const open = live?.openOperations.find((each) => each.operation === operation);
    const refusal = operation === undefined ? undefined : this.refusals.of(operation);
    return {
      uid,
      hostname: node?.hostname ?? mirror.slots.get(uid)?.removedNode?.hostname ?? uid,
      record,
      slot: mirror.slots.get(uid),
      isEnrolled: node !== undefined,
      isConnected: isConnected(this.#leading, uid),
      phase: progress?.phase ?? open?.phase,
      phaseMessage: progress?.message ?? '',
      isAsleep: progress === undefined && open !== undefined && isUnbegun(open.phase),
      isPreparing: operation !== undefined && !isPrepared(this.#leading, mirror, uid, operation),
      quarantine: status?.state === 'quarantined' ? status.message : undefined,
      refusal,
    };
  }

  #stepView({ plan, state, steps }: RolloutRecords, step: PlacedStep): StepView {
    const record = steps.get(step.uid);
    const isDone = step.stage === 'succeeded' || step.stage === 'failed' || step.stage === 'skipped';
    const progress = record === undefined ? undefined : this.#leading.link.live(step.uid)?.progress.get(record.operation);
    return {
      rollout: plan.id,
      uid: step.uid,
      state: step.stage,
      operation: record?.operation ?? '',
      attempt: record?.attempt ?? state.attempt,
      message: isDone ? (record?.message ?? '') : hasEnded(state) ? (record?.message ?? '') : describeStep(step),
      outcome: record?.outcome,
      beganAt: record?.beganAt,
      endedAt: record?.endedAt,
      outputTail: record?.outputTail ?? '',
      hostname: step.hostname,
      isCanary: step.isCanary,
      phase: isDone ? '' : (step.phase ?? ''),
      percent: isDone ? -1 : (progress?.percent ?? -1),
    };
  }
}
