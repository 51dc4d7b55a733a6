import type { Rollout__Output } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { Step__Output } from '../../../proto/gen/uvs/v1/Step.ts';
import type { StepState__Output } from '../../../proto/gen/uvs/v1/StepState.ts';
import type { WatchRolloutResponse__Output } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import { NOTHING_TO_RESTART } from '../../../common/node-action.ts';
import { safeLine } from '../../../common/safe-text.ts';
import { textWidth } from '../../output/text-width.ts';
import { isDisturbed } from '../rollouts/state.ts';
import { stepName } from '../uids.ts';

/** One difference between two moments of a rollout; `before` is undefined where nothing was known. */
export type Change =
  | { readonly kind: 'rollout'; readonly before: Rollout__Output | undefined; readonly rollout: Rollout__Output }
  | { readonly kind: 'step'; readonly before: Step__Output | undefined; readonly step: Step__Output };

/** What is known of a rollout that is being watched. Each event costs the same whether there are ten steps or ten thousand. */
export class RolloutModel {
  #rollout: Rollout__Output | undefined;
  readonly #steps = new Map<string, Step__Output>();
  readonly #counts = new Map<StepState__Output, number>();
  readonly #disturbed = new Set<string>();
  readonly #staging = new Set<string>();
  readonly #failed = new Set<string>();
  #nameWidth = 0;

  /** The rollout itself, its `steps` empty or outdated; undefined before the first event. */
  get rollout(): Rollout__Output | undefined {
    return this.#rollout;
  }

  /** Columns of the longest node name. */
  get nameWidth(): number {
    return this.#nameWidth;
  }

  get disturbedCount(): number {
    return this.#disturbed.size;
  }

  count(state: StepState__Output): number {
    return this.#counts.get(state) ?? 0;
  }

  /** One of the steps that have failed: the one that the rollout's reason is about, else the one that did so first. */
  get failedToShow(): Step__Output | undefined {
    const reason = this.rollout?.stateReason ?? '';
    const failed = [...this.#failed].flatMap((uid) => this.#steps.get(uid) ?? []);
    return failed.find(({ hostname }) => reason.startsWith(`${hostname} `) || reason.startsWith(`the canary ${hostname} `)) ?? failed[0];
  }

  /** One of the steps that an operator has to end on their nodes. */
  get firstInNeed(): Step__Output | undefined {
    for (const uid of this.#failed) {
      const step = this.#steps.get(uid);
      if (step?.needsOperator === true) return step;
    }
    return undefined;
  }

  /** The steps whose nodes are out of service, or may go out of service any moment. */
  disturbed(): Step__Output[] {
    return [...this.#disturbed].flatMap((uid) => this.#steps.get(uid) ?? []);
  }

  /** How many nodes had nothing of what was to be restarted. */
  get idleCount(): number {
    let count = 0;
    for (const { state, message } of this.#steps.values())
      if (state === 'STEP_STATE_SUCCEEDED' && message.startsWith(NOTHING_TO_RESTART)) count += 1;
    return count;
  }

  /** At most `limit` steps that an onlooker cares for: nodes out of service first, then failed ones, then those that stage. */
  notable(limit: number): Step__Output[] {
    const steps: Step__Output[] = [];
    for (const group of [this.#disturbed, this.#failed, this.#staging]) {
      for (const uid of group) {
        if (steps.length >= limit) return steps;
        const step = this.#steps.get(uid);
        if (step !== undefined) steps.push(step);
      }
    }
    return steps;
  }

  /** Takes an event in and tells what is different; a snapshot after an interruption tells only what changed meanwhile. */
  apply(event: WatchRolloutResponse__Output): Change[] {
    const changes: Change[] = [];
    const rollout = event.snapshot ?? event.rollout;
    if (event.snapshot !== null && event.snapshot !== undefined) {
      for (const step of event.snapshot.steps) this.#takeStep(step, changes);
    }
    if (event.step !== null && event.step !== undefined) this.#takeStep(event.step, changes);
    if (rollout !== null && rollout !== undefined) {
      changes.unshift({ kind: 'rollout', before: this.#rollout, rollout });
      this.#rollout = rollout;
    }
    return changes;
  }

  #takeStep(told: Step__Output, changes: Change[]): void {
    const step = { ...told, hostname: stepName(told) };
    const before = this.#steps.get(step.nodeUid);
    if (before !== undefined && isSame(before, step)) return;
    this.#steps.set(step.nodeUid, step);
    if (before?.state !== step.state) {
      if (before !== undefined) this.#counts.set(before.state, this.count(before.state) - 1);
      this.#counts.set(step.state, this.count(step.state) + 1);
      this.#sort(step);
    }
    if (before === undefined) this.#nameWidth = Math.max(this.#nameWidth, textWidth(safeLine(step.hostname)));
    changes.push({ kind: 'step', before, step });
  }

  #sort({ nodeUid, state }: Step__Output): void {
    place(this.#disturbed, nodeUid, isDisturbed(state));
    place(this.#staging, nodeUid, state === 'STEP_STATE_STAGING');
    place(this.#failed, nodeUid, state === 'STEP_STATE_FAILED');
  }
}

function place(set: Set<string>, uid: string, isIn: boolean): void {
  if (isIn) set.add(uid);
  else set.delete(uid);
}

function isSame(a: Step__Output, b: Step__Output): boolean {
  return (
    a.state === b.state &&
    a.phase === b.phase &&
    a.message === b.message &&
    a.percent === b.percent &&
    a.operation === b.operation &&
    a.attempt === b.attempt &&
    a.needsOperator === b.needsOperator
  );
}
