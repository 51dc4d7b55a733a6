import t from 'tap';
import { abortRollout, endRollout, pauseRollout } from '../../../coordinator/core/rollout-transactions.ts';
import type { RolloutStateRecord } from '../../../coordinator/domain.ts';
import type { Decide } from '../../../coordinator/state/decision.ts';
import { rolloutPlan, rolloutState } from '../../support/domain-records.ts';
import { mirrorOf } from '../../support/mirror.ts';
import { realClock } from '../../support/real-clock.ts';

/** A ledger in which a rollout has come to a state, and what is written of it. */
function ledgerWith(state: RolloutStateRecord) {
  const written: string[] = [];
  const mirror = mirrorOf({ rollouts: new Map([['ro-1', { plan: rolloutPlan(['a']), state, steps: new Map() }]]) });
  const commit = async <T>(decide: Decide<T>): Promise<T> => {
    const decided = await decide(mirror);
    if (!('nothing' in decided)) written.push(decided.audit?.action ?? '');
    return decided.result;
  };
  return { leading: { clock: realClock, ledger: { commit } }, written };
}

const running = rolloutState();
const rollout = 'ro-1';

void t.test('what was decided of a rollout is done while it is as it was', async (t) => {
  const { leading, written } = ledgerWith({ ...running });
  await pauseRollout(leading, { rollout, decidedOn: running, pause: { cause: 'approval' }, reason: 'it waits for an approval' });
  await abortRollout(leading, { rollout, decidedOn: running, reason: 'a failed' });
  await endRollout(leading, { rollout, decidedOn: running, end: 'succeeded', said: '' });
  t.strictSame(written, ['rollouts.pause', 'rollouts.abort', 'rollouts.end']);
});

void t.test('an operator who was faster is not overruled by what was decided before', async (t) => {
  const approved = ledgerWith({ ...running, approvedBy: 'operator/alice' });
  await pauseRollout(approved.leading, { rollout, decidedOn: running, pause: { cause: 'approval' }, reason: 'it waits for an approval' });
  t.strictSame(approved.written, []);
  const resumed = ledgerWith({ ...running, attempt: running.attempt + 1 });
  await pauseRollout(resumed.leading, { rollout, decidedOn: running, pause: { cause: 'failure' }, reason: 'a failed' });
  await abortRollout(resumed.leading, { rollout, decidedOn: running, reason: 'a failed' });
  await endRollout(resumed.leading, { rollout, decidedOn: running, end: 'succeeded', said: '' });
  t.strictSame(resumed.written, []);
});
