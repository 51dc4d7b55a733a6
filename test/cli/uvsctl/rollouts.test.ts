import t from 'tap';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { sampleRollout } from '../../support/fake-rollout.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();

await t.test('a paused rollout is shown with its reason and who paused it', async (t) => {
  const state = 'ROLLOUT_STATE_PAUSED';
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      GetRollout: () => ({ rollout: sampleRollout(2, { state, stateReason: 'STOP: wrong release', pauser: 'operator/alice' }) }),
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { code, out } = await operator.run(['rollouts', 'show', 'ro-1']);
  t.equal(code, 0);
  t.match(out, /^State +paused: STOP: wrong release$/m);
  t.match(out, /^Paused by +operator\/alice$/m);
});
