import { excused, observeStep, type StepFacts, type StepMilestones } from '../rollout-step.ts';
import { placeStep, type PlacedStep } from '../rollout-situation.ts';
import type { RolloutRecords } from '../state/mirror.ts';
import type { Excuse } from './answer.ts';
import type { NodeChanges } from './node-changes.ts';

/** A change of leaders, or of who is ahead, makes a turn lapse a few times; one that is too slow for turn after turn is not to go on for ever. */
const MOST_LAPSES = 10;

/** The steps of an open rollout as they were last observed; of ten thousand those are observed anew that have changed. */
export class ObservedSteps implements Disposable {
  readonly #changes: NodeChanges;
  readonly #steps: PlacedStep[] = [];
  readonly #places = new Map<string, number>();
  readonly #uids = new Map<string, string>();
  /** How often the turn of which node had lapsed when it asked. */
  readonly #lapses = new Map<string, number>();

  constructor(changes: NodeChanges) {
    this.#changes = changes;
  }

  milestones(uid: string): StepMilestones | undefined {
    return this.#steps[this.#places.get(uid) ?? -1]?.milestones;
  }

  /** What is to be said of a node is another thing than before, though nothing was recorded or heard of it. */
  touch(uid: string): void {
    this.#changes.add(uid);
  }

  touchOperation(operation: string): void {
    const uid = this.#uids.get(operation);
    if (uid !== undefined) this.#changes.add(uid);
  }

  /** An operation of a node is not held against it: its next one goes on waiting where it has begun to. */
  excuse(uid: string, operation: string, excuse: Excuse): void {
    const place = this.#places.get(uid) ?? -1;
    const step = this.#steps[place];
    if (step?.milestones.operation !== operation) return;
    if (excuse === 'lapsed') {
      const count = (this.#lapses.get(uid) ?? 0) + 1;
      this.#lapses.set(uid, count);
      if (count > MOST_LAPSES) return;
    }
    this.#steps[place] = { ...step, milestones: excused(step.milestones) };
  }

  /** All steps in the order of the plan. */
  observe(records: RolloutRecords, factsOf: (uid: string, place: number) => StepFacts, nowMs: number): readonly PlacedStep[] {
    const { plan, state, steps } = records;
    const changed = this.#changes.take();
    if (this.#places.size === 0) for (const [place, uid] of plan.order.entries()) this.#places.set(uid, place);
    for (const uid of changed ?? plan.order) {
      const place = this.#places.get(uid);
      if (place === undefined) continue;
      const before = this.#steps[place];
      const facts = factsOf(uid, place);
      const milestones = observeStep(before?.milestones, facts, state, nowMs);
      this.#steps[place] = placeStep({ ...facts, milestones }, place, records);
      const operation = steps.get(uid)?.operation;
      if (before?.record !== undefined && before.record.operation !== operation) this.#uids.delete(before.record.operation);
      if (operation !== undefined) this.#uids.set(operation, uid);
    }
    return this.#steps;
  }

  [Symbol.dispose](): void {
    this.#changes[Symbol.dispose]();
  }
}
