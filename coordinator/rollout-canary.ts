import type { Canary } from './domain.ts';
import { isSettled, type PlacedStep, type RolloutSituation } from './rollout-situation.ts';

/** Why the nodes after the canaries are not begun yet. */
export type CanaryHold =
  /** The canaries are not done: only their turn it is. */
  | { readonly kind: 'going' }
  | { readonly kind: 'soaking'; readonly message: string }
  /** They have soaked, and one of them is not heard. */
  | { readonly kind: 'silent'; readonly step: PlacedStep; readonly sinceMs: number; readonly message: string }
  /** An operator has to say that the others may go. */
  | { readonly kind: 'unapproved'; readonly message: string };

/**
 * Says what holds the nodes after the canaries back; undefined: nothing. They soak for as long as the plan says from the last of them on,
 * by this leader's clock, so that a new leader or a resume only makes it longer. An operator's approval ends the waiting, whatever is left of it.
 */
export function canaryHold({ nowMs, plan, state }: RolloutSituation, steps: readonly PlacedStep[]): CanaryHold | undefined {
  const { canary } = plan.spec;
  if (canary === undefined || state.approvedBy !== undefined) return undefined;
  const canaries = steps.filter((step) => step.isCanary);
  if (!canaries.every(isSettled)) return { kind: 'going' };
  const taken = canaries.filter((step) => step.stage === 'succeeded');
  const names = namesOf(taken);
  if (taken.length === 0) return unapproved(plan.id, `no canary is left that succeeded (${namesOf(canaries)})`);
  const endMs = soakEndMs(nowMs, canary, taken);
  if (nowMs < endMs) {
    return { kind: 'soaking', message: `the canaries are done (${names}); the others follow in about ${minutes(endMs - nowMs)}` };
  }
  const silent = taken.find((step) => !step.isConnected && step.isEnrolled);
  if (silent !== undefined) {
    const message = `the canaries have soaked, and the others wait for ${silent.hostname}, which is silent`;
    return { kind: 'silent', step: silent, sinceMs: endMs, message };
  }
  return canary.needsApproval ? unapproved(plan.id, `the canaries are done (${names})`) : undefined;
}

/** Says what the canaries have shown by now, and what of their soak is left. */
export function describeCanaries({ nowMs, plan }: RolloutSituation, steps: readonly PlacedStep[]): string {
  const canaries = steps.filter((step) => step.isCanary);
  const taken = canaries.filter((step) => step.stage === 'succeeded');
  const { canary } = plan.spec;
  if (canary === undefined || taken.length === 0) return `no canary has succeeded (${namesOf(canaries)})`;
  const leftMs = soakEndMs(nowMs, canary, taken) - nowMs;
  const soak = leftMs > 0 ? `about ${minutes(leftMs)} of the soak left` : 'nothing of the soak left';
  const silent = taken.filter((step) => !step.isConnected);
  return [`${namesOf(taken)} succeeded`, soak, ...(silent.length === 0 ? [] : [`${namesOf(silent)} silent`])].join(', ');
}

/** Since when the others may follow, by the clock of the milestones; undefined where nothing held them back. */
export function othersFollowMs({ nowMs, plan }: RolloutSituation, steps: readonly PlacedStep[]): number | undefined {
  const { canary } = plan.spec;
  const taken = steps.filter((step) => step.isCanary && step.stage === 'succeeded');
  return canary === undefined || taken.length === 0 ? undefined : soakEndMs(nowMs, canary, taken);
}

function soakEndMs(nowMs: number, { soakMs }: Canary, taken: readonly PlacedStep[]): number {
  return soakMs + taken.reduce((last, { milestones }) => Math.max(last, milestones.settledMs ?? nowMs), Number.NEGATIVE_INFINITY);
}

function unapproved(rollout: string, message: string): CanaryHold {
  return { kind: 'unapproved', message: `${message}: "uvsctl rollouts approve ${rollout} --reason TEXT" lets the others follow` };
}

const NAMES_SHOWN = 3;

function namesOf(steps: readonly PlacedStep[]): string {
  const names = steps.slice(0, NAMES_SHOWN).map(({ hostname }) => hostname);
  return steps.length > NAMES_SHOWN ? `${names.join(', ')} and ${steps.length - NAMES_SHOWN} more` : names.join(', ');
}

/** Coarse, so that what is shown changes once a minute. */
function minutes(ms: number): string {
  return ms <= 60_000 ? 'a minute' : `${Math.ceil(ms / 60_000)} min`;
}
