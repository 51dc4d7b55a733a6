import type { Canary } from './domain.ts';
import { isSettled, type PlacedStep, type RolloutSituation } from './rollout-situation.ts';

/** Why the nodes after the canaries are not begun yet. */
export type CanaryHold =
  /** The canaries are not done: only their turn it is. */
  | { readonly kind: 'going' }
  | { readonly kind: 'soaking'; readonly message: string }
  /** One of them that succeeded is not well by now, or is not heard once they have soaked. */
  | { readonly kind: 'unproven'; readonly step: PlacedStep; readonly sinceMs: number; readonly message: string }
  /** An operator has to say that the others may go. */
  | { readonly kind: 'unapproved'; readonly message: string };

/**
 * Says what holds the nodes after the canaries back; undefined: nothing. They soak for as long as the plan says from the last of them on,
 * by this leader's clock, so that a new leader or a resume only makes it longer, and anew from the end of whatever ailed one of them or kept it
 * from being heard for long. An operator's
 * approval ends the waiting, whatever is left of it.
 */
export function canaryHold({ nowMs, plan, state }: RolloutSituation, steps: readonly PlacedStep[]): CanaryHold | undefined {
  const { canary } = plan.spec;
  if (canary === undefined || state.approvedBy !== undefined) return undefined;
  const canaries = steps.filter((step) => step.isCanary);
  if (!canaries.every(isSettled)) return { kind: 'going' };
  const taken = canaries.filter(isTaken);
  const names = namesOf(taken);
  if (taken.length === 0) return unapproved(plan.id, `no canary is left that succeeded (${namesOf(canaries)})`);
  const ill = taken.find(({ illness }) => illness !== undefined);
  if (ill !== undefined) {
    const message = `the canaries are done, and the others wait for ${ill.hostname}, which is not well (${ill.illness ?? ''})`;
    return { kind: 'unproven', step: ill, sinceMs: ill.milestones.illMs ?? nowMs, message };
  }
  const endMs = soakEndMs(nowMs, canary, taken);
  const restless = nowMs < endMs ? restlessOf(nowMs, canary, taken) : undefined;
  if (restless !== undefined) return restless;
  if (nowMs < endMs) {
    const next = canary.needsApproval ? 'the rollout pauses for an approval' : 'the others follow';
    return {
      kind: 'soaking',
      message: `the canaries are done (${names}) and soak for about ${timeLeft(endMs - nowMs)} more; then ${next}`,
    };
  }
  const silent = taken.find((step) => !step.isConnected);
  if (silent !== undefined) {
    const message = `the canaries have soaked, and the others wait for ${silent.hostname}, which is silent`;
    return { kind: 'unproven', step: silent, sinceMs: endMs, message };
  }
  return canary.needsApproval ? unapproved(plan.id, `the canaries are done (${names})`) : undefined;
}

/** Says what the canaries have shown by now, and what of their soak is left. */
export function describeCanaries({ nowMs, plan }: RolloutSituation, steps: readonly PlacedStep[]): string {
  const canaries = steps.filter((step) => step.isCanary);
  const taken = canaries.filter(isTaken);
  const { canary } = plan.spec;
  if (canary === undefined || taken.length === 0) return `no canary has succeeded (${namesOf(canaries)})`;
  const leftMs = soakEndMs(nowMs, canary, taken) - nowMs;
  const soak = leftMs > 0 ? `about ${timeLeft(leftMs)} of the soak left` : 'nothing of the soak left';
  const ill = taken.filter(({ illness }) => illness !== undefined);
  const silent = taken.filter((step) => !step.isConnected && !ill.includes(step));
  const troubles = [...someOf(ill, 'not well'), ...someOf(silent, 'silent')];
  return [`${namesOf(taken)} succeeded`, soak, ...troubles].join(', ');
}

/** Since when the others may follow, by the clock of the milestones; undefined where nothing held them back. */
export function othersFollowMs({ nowMs, plan, state }: RolloutSituation, steps: readonly PlacedStep[]): number | undefined {
  const { canary } = plan.spec;
  if (state.approvedBy !== undefined) return steps.find(({ milestones }) => milestones.approvedMs !== undefined)?.milestones.approvedMs;
  const taken = steps.filter((step) => step.isCanary && isTaken(step));
  return canary === undefined || taken.length === 0 ? undefined : soakEndMs(nowMs, canary, taken);
}

/** One that has left the cluster shows nothing any more. */
function isTaken({ isEnrolled, stage }: PlacedStep): boolean {
  return isEnrolled && stage === 'succeeded';
}

function soakEndMs(nowMs: number, { soakMs }: Canary, taken: readonly PlacedStep[]): number {
  const fromMs = taken.map(({ milestones: { settledMs = nowMs, wellMs = nowMs } }) => Math.max(settledMs, wellMs));
  return soakMs + fromMs.reduce((last, ms) => Math.max(last, ms), Number.NEGATIVE_INFINITY);
}

/** A canary that is away or ill again and again has its soak begin anew each time: it has as long again for it, and then the wait for it is counted. */
function restlessOf(nowMs: number, { soakMs }: Canary, taken: readonly PlacedStep[]): CanaryHold | undefined {
  const settledMs = Math.max(...taken.map(({ milestones }) => milestones.settledMs ?? nowMs));
  const sinceMs = settledMs + 2 * soakMs;
  if (nowMs < sinceMs) return undefined;
  const [first, ...others] = taken;
  if (first === undefined) return undefined;
  const step = others.reduce((latest, other) => (wellSinceMs(other, nowMs) > wellSinceMs(latest, nowMs) ? other : latest), first);
  const message = `${step.hostname} is well and heard again, and has not been for a whole soak since the canaries were done`;
  return { kind: 'unproven', step, sinceMs, message };
}

function wellSinceMs({ milestones }: PlacedStep, nowMs: number): number {
  return milestones.wellMs ?? nowMs;
}

function unapproved(rollout: string, message: string): CanaryHold {
  return { kind: 'unapproved', message: `${message}: "uvsctl rollouts approve ${rollout} --reason TEXT" lets the others follow` };
}

function someOf(steps: readonly PlacedStep[], what: string): readonly string[] {
  return steps.length === 0 ? [] : [`${namesOf(steps)} ${what}`];
}

const NAMES_SHOWN = 3;

function namesOf(steps: readonly PlacedStep[]): string {
  const names = steps.slice(0, NAMES_SHOWN).map(({ hostname }) => hostname);
  return steps.length > NAMES_SHOWN ? `${names.join(', ')} and ${steps.length - NAMES_SHOWN} more` : names.join(', ');
}

const MINUTE_MS = 60_000;
const COARSE_SECONDS = 5;

/** Coarse, so that what is shown changes once a minute, and in the last one every five seconds. */
function timeLeft(ms: number): string {
  return ms > MINUTE_MS ? `${Math.ceil(ms / MINUTE_MS)} min` : `${Math.ceil(ms / 1000 / COARSE_SECONDS) * COARSE_SECONDS} s`;
}
