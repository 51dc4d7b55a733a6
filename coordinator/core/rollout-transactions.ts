import { isDeepStrictEqual } from 'node:util';
import type { RolloutPause, RolloutStateRecord, StepRecord } from '../domain.ts';
import { plannedHostname } from '../planned-hostname.ts';
import { paused } from '../rollout-orders.ts';
import type { Settlement } from '../rollout-step.ts';
import { earlierTries } from '../step-tries.ts';
import type { Nothing } from '../state/decision.ts';
import type { Ledger } from '../state/ledger.ts';
import type { Mirror, RolloutRecords } from '../state/mirror.ts';
import type { RecordChange } from '../state/record-change.ts';
import { newId } from '../../common/new-id.ts';
import type { Leading } from './leading.ts';
import { settledStep } from './slot-records.ts';

/** A change of a rollout by its own policy. */
interface DecidedChange {
  readonly rollout: string;
  /** Its state when that was decided. */
  readonly decidedOn: RolloutStateRecord;
}

const NOTHING: Nothing<void> = { nothing: true, result: undefined };

/** Makes an operation for each of the nodes and writes their steps as staging; they carry no right, so this is no ledger entry. */
export async function writeAssignments(
  { clock, ledger, randomUuid }: Leading,
  { plan, state, steps }: RolloutRecords,
  uids: readonly string[],
): Promise<readonly StepRecord[]> {
  const { nodes } = ledger.mirror;
  const records = uids.map((uid): StepRecord => ({
    ...unsentStep(plan.id, uid, nodes.get(uid)?.hostname ?? '', state.attempt),
    state: 'staging',
    earlier: earlierTries(steps.get(uid)).earlier,
    operation: newId('op', clock.wallMs(), randomUuid()),
  }));
  await ledger.writeSteps(
    records.flatMap((record): RecordChange[] => [
      { of: 'step', record },
      {
        of: 'operation',
        id: record.operation,
        rollout: plan.id,
        uid: record.uid,
        forgotten: earlierTries(steps.get(record.uid)).forgotten,
      },
    ]),
  );
  return records;
}

/** Writes a step's new state; no slot is touched. One that has ended well in the meantime stays so. */
export async function settleStep(
  { clock, ledger }: Pick<Leading, 'clock' | 'ledger'>,
  rollout: string,
  { uid, settlement, message }: { readonly uid: string; readonly settlement: Settlement; readonly message: string },
): Promise<void> {
  await ledger.commit((mirror) => {
    const records = mirror.rollouts.get(rollout);
    if (records === undefined) return NOTHING;
    const hostname = mirror.nodes.get(uid)?.hostname ?? plannedHostname(records.plan, uid) ?? '';
    const record = records.steps.get(uid) ?? unsentStep(rollout, uid, hostname, records.state.attempt);
    if (record.state === 'succeeded' || record.state === 'skipped') return NOTHING;
    const settled = settledStep(record, records.state, settlement, message, clock.wallMs());
    if (record.state === settled.state && record.message === settled.message && record.attempt === settled.attempt) return NOTHING;
    return {
      changes: [{ of: 'step', record: settled }],
      audit: {
        actor: 'coordinator',
        action: 'steps.settle',
        resource: `rollouts/${rollout}/steps/${uid}`,
        message: `${settlement}: ${message}`,
      },
      result: undefined,
    };
  });
}

type Decides = Pick<Leading, 'clock'> & { readonly ledger: Pick<Ledger, 'commit'> };

/** Pauses a rollout that runs, or says anew for which failure it is paused; in any other state, or where an operator was faster, there is nothing to pause. */
export async function pauseRollout(
  { clock, ledger }: Decides,
  { rollout, decidedOn, pause, reason }: DecidedChange & { readonly pause: RolloutPause; readonly reason: string },
): Promise<void> {
  await ledger.commit((mirror) => {
    const state = asDecided(mirror, rollout, decidedOn);
    if (state === undefined || (state.state !== 'running' && !isOutdated(state, pause, reason))) return NOTHING;
    return changed(rollout, paused(state, pause, reason, clock.wallMs()), 'rollouts.pause', reason);
  });
}

function isOutdated(state: RolloutStateRecord, pause: RolloutPause, reason: string): boolean {
  return state.state === 'paused' && state.pause?.cause === 'failure' && pause.cause === 'failure' && state.reason !== reason;
}

/** Aborts a rollout that runs, as its own policy wants it. */
export async function abortRollout(
  { ledger }: Decides,
  { rollout, decidedOn, reason }: DecidedChange & { readonly reason: string },
): Promise<void> {
  await ledger.commit((mirror) => {
    const state = asDecided(mirror, rollout, decidedOn);
    if (state?.state !== 'running') return NOTHING;
    return changed(rollout, { ...state, state: 'aborted', reason }, 'rollouts.abort', reason);
  });
}

/** Ends a rollout that is over. @param said what there is to say of one that ends well */
export async function endRollout(
  { clock, ledger }: Decides,
  { rollout, decidedOn, end, said }: DecidedChange & { readonly end: 'succeeded' | 'aborted'; readonly said: string },
): Promise<void> {
  await ledger.commit((mirror) => {
    const state = asDecided(mirror, rollout, decidedOn);
    const isExpected = end === 'succeeded' ? state?.state === 'running' : state?.state === 'aborted';
    if (state === undefined || !isExpected || state.endedAt !== undefined) return NOTHING;
    const reason = end === 'succeeded' ? said : state.reason;
    const message = end === 'succeeded' && said !== '' ? `${end}; ${said}` : end;
    return changed(rollout, { ...state, state: end, reason, endedAt: clock.wallMs() }, 'rollouts.end', message);
  });
}

/** The rollout's state, if it is still the one on which was decided: an approval, a resume or an abort may have come meanwhile. */
function asDecided(mirror: Mirror, rollout: string, decidedOn: RolloutStateRecord): RolloutStateRecord | undefined {
  const state = mirror.rollouts.get(rollout)?.state;
  return isDeepStrictEqual(state, decidedOn) ? state : undefined;
}

function changed(rollout: string, record: RolloutStateRecord, action: string, message: string) {
  return {
    changes: [{ of: 'rollout-state' as const, id: rollout, record }],
    audit: { actor: 'coordinator', action, resource: `rollouts/${rollout}`, message },
    result: undefined,
  };
}

function unsentStep(rollout: string, uid: string, hostname: string, attempt: number): StepRecord {
  return {
    rollout,
    uid,
    hostname,
    state: 'pending',
    operation: '',
    attempt,
    message: '',
    outcome: undefined,
    beganAt: undefined,
    endedAt: undefined,
    outputTail: '',
    earlier: [],
  };
}
