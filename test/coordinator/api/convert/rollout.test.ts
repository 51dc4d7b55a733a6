import t from 'tap';
import { rolloutSummary } from '../../../../coordinator/api/convert/rollout.ts';
import type { RolloutPause } from '../../../../coordinator/domain.ts';
import { rolloutPlan, rolloutState } from '../../../support/domain-records.ts';

void t.test('a paused rollout says what it is paused for, and who has paused it', async (t) => {
  const summary = (pause: RolloutPause | undefined) => {
    const state = rolloutState(pause === undefined ? {} : { state: 'paused', pause });
    const { pauseCause, pauser } = rolloutSummary({ plan: rolloutPlan([]), state, waitingFor: '', newcomers: [], steps: [] });
    return [pauseCause, pauser];
  };
  t.strictSame(summary(undefined), ['PAUSE_CAUSE_UNSPECIFIED', '']);
  t.strictSame(summary({ cause: 'approval' }), ['PAUSE_CAUSE_APPROVAL', '']);
  t.strictSame(summary({ cause: 'failure' }), ['PAUSE_CAUSE_FAILURE', '']);
  t.strictSame(summary({ cause: 'operator', by: 'operator/alice' }), ['PAUSE_CAUSE_OPERATOR', 'operator/alice']);
});
