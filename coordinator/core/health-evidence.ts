import type { NodeFacts } from '../../common/facts.ts';
import type { HeldSlot, PackageRecord } from '../domain.ts';
import { firstNo } from '../gates/ask.ts';
import { digestOf } from '../goal.ts';
import type { HealthAnswer } from '../ports.ts';
import { keys } from '../state/keys.ts';
import { parseRecord } from '../state/parse.ts';
import { packageSchema } from '../state/records.ts';
import { demandNode } from './find-node.ts';
import { FRESH_MS } from './gate-line.ts';
import { gateQuestion, isConnected, specOf, type Leading } from './leading.ts';
import { misfit } from './slot-ended.ts';

/** That nothing which the node shows speaks against freeing its slot, and when it showed it, by the monotonic clock. */
interface Proof {
  readonly sinceMs: number;
}

/**
 * Says what speaks against freeing a slot that has ended: by evidence of health, and of the release if one was installed, that is asked for
 * now, and by the gates. A gate may take long; then the node is asked once more after it.
 * @returns the refusal, or the proof that nothing speaks against it
 * @throws UNREACHABLE, DEADLINE_EXCEEDED from the probe
 */
export async function refusalToFree(leading: Leading, slot: HeldSlot, signal: AbortSignal): Promise<string | Proof> {
  const { clock } = leading;
  const early = await refusalOfNode(leading, slot, signal);
  if (typeof early === 'string') return early;
  const refusal = await refusalAfter(leading, slot.uid, slot.rollout, signal);
  if (refusal !== undefined) return refusal;
  // the yes of the gates is older then by as much as the node takes to answer
  return clock.monotonicMs() - early.sinceMs <= FRESH_MS / 2 ? early : refusalOfNode(leading, slot, signal);
}

/** What the node itself shows against freeing its slot, or since when it shows that nothing does. */
async function refusalOfNode(leading: Leading, slot: HeldSlot, signal: AbortSignal): Promise<string | Proof> {
  const { uid, rollout, outcome } = slot;
  const evidence = await freshEvidence(leading, uid, signal);
  const sinceMs = leading.clock.monotonicMs();
  const stopped = notRunning(evidence);
  if (stopped !== undefined) return stopped;
  // an earlier version wrote down any end that a hello told
  const wrong = outcome === undefined ? undefined : misfit(leading.ledger.mirror, uid, rollout, outcome);
  if (wrong !== undefined) return wrong;
  const missing = outcome === 'installed' ? await missingRelease(leading, slot, evidence.facts) : unprovenAction(leading, slot, evidence);
  return missing ?? { sinceMs };
}

/** What was heard of a node since it was proven well speaks against it. */
export function refusalSince(leading: Leading, uid: string): string | undefined {
  const live = leading.link.live(uid);
  if (live === undefined || !isConnected(leading, uid)) return 'the node is not heard any more';
  return live.quarantineReason ?? notRunning({ failedServices: live.failedServices ?? [] });
}

/**
 * Says what speaks against the health of a node, whatever it is doing: by evidence that is asked for now, and by the gates. Undefined: nothing.
 * @throws UNREACHABLE, DEADLINE_EXCEEDED from the probe
 */
export async function refusalOfHealth(leading: Leading, uid: string, signal: AbortSignal): Promise<string | undefined> {
  const stopped = notRunning(await freshEvidence(leading, uid, signal));
  if (stopped !== undefined) return stopped;
  return refusalAfter(leading, uid, leading.ledger.mirror.slots.get(uid)?.rollout, signal);
}

function freshEvidence({ link, timings }: Leading, uid: string, signal: AbortSignal): Promise<HealthAnswer> {
  return link.probe(uid, AbortSignal.any([signal, AbortSignal.timeout(timings.probeDeadlineMs)]));
}

function notRunning({ failedServices }: Pick<HealthAnswer, 'failedServices'>): string | undefined {
  return failedServices.length === 0 ? undefined : `not running: ${failedServices.join(', ')}`;
}

/** Asks the gates whether a node is back. Others may begin and end meanwhile: that makes it no less so. */
async function refusalAfter(leading: Leading, uid: string, rollout: string | undefined, signal: AbortSignal): Promise<string | undefined> {
  const { gates, ledger } = leading;
  const { mirror } = ledger;
  const question = gateQuestion(leading, mirror, 'after', demandNode(mirror, uid), specOf(mirror, rollout));
  return firstNo(await gates.ask(question, signal));
}

/** Says what a node that has reported a release as installed lacks of it when it is asked; done means done (promise 4). */
async function missingRelease({ etcd, ledger }: Leading, slot: HeldSlot, facts: NodeFacts): Promise<string | undefined> {
  const rollout = ledger.mirror.rollouts.get(slot.rollout);
  // made anew from what the agent holds: nobody knows what it was to bring
  if (rollout === undefined) return undefined;
  const digest = digestOf(rollout.plan.spec);
  const entry = digest === undefined ? undefined : await etcd.get(keys.package(digest));
  if (entry === undefined) return `the package of ${slot.rollout} is not on record any more`;
  const pkg = parseRecord(packageSchema, entry);
  // after a restore the end of an older release may be told again: what has followed it is there instead
  const isThere = (component: string, { epoch, releaseSeq }: PackageRecord['components'][string]): boolean =>
    facts.installed.some(
      (release) =>
        release.component === component &&
        (release.manifestHash === pkg.manifestHash || (release.epoch - epoch || release.releaseSeq - releaseSeq) > 0),
    );
  const lacking = Object.entries(pkg.components).flatMap(([component, order]) => (isThere(component, order) ? [] : [component]));
  return lacking.length === 0 ? undefined : `reported ${pkg.version} as installed and does not show it: ${lacking.join(', ')}`;
}

/**
 * Says what speaks against a node that has reported an action as done: after a reboot another boot runs than the one that it began in, and a release
 * that was taken back is not installed.
 */
function unprovenAction({ ledger }: Leading, slot: HeldSlot, { bootId, facts }: HealthAnswer): string | undefined {
  const goal = ledger.mirror.rollouts.get(slot.rollout)?.plan.spec.goal;
  if (slot.outcome !== 'done' || goal === undefined) return undefined;
  if (goal.kind === 'rollback') {
    const isThere = facts.installed.some(({ manifestHash }) => manifestHash === goal.release);
    return isThere ? `reported ${goal.version} as taken back and still shows it as installed` : undefined;
  }
  if (goal.kind !== 'reboot' || bootId !== slot.bootId) return undefined;
  return 'reported its reboot as done and still runs the same boot';
}
