import t from 'tap';
import type { Rollout } from '../../../proto/gen/uvs/v1/Rollout.ts';
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

await t.test('a rollout is shown with its deadlines, since when it waits or is paused, and when it would pause', async (t) => {
  const spec = { ...sampleRollout(2).spec, stageDeadlineSeconds: 1_800, waitDeadlineSeconds: 3_600, stepDeadlineSeconds: 600 };
  const at = (seconds: number) => ({ seconds: String(1_767_323_045 + seconds) });
  const shown = async (given: Partial<Rollout>): Promise<string> => {
    await using coordinator = await startFakeCoordinator(authority, {
      'uvs.v1.RolloutService': { GetRollout: () => ({ rollout: sampleRollout(2, { spec, ...given }) }) },
    });
    await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
    return (await operator.run(['rollouts', 'show', 'ro-1'])).out;
  };
  const waits = await shown({ waitingFor: 'gate ceph: osd.2 is down', waitStartTime: at(0), deadlineTime: at(3_600) });
  t.match(waits, /^Since +2026-01-02T03:04:05Z\nDeadline +2026-01-02T04:04:05Z$/m);
  t.match(waits, /^Deadlines +staging 30 min 00 s, waiting 1 h 00 min, out of service 10 min 00 s$/m);
  t.notMatch(waits, 'Paused since');
  const paused = await shown({ state: 'ROLLOUT_STATE_PAUSED', pauser: 'operator/alice', pauseTime: at(60) });
  const repeats = await shown({ state: 'ROLLOUT_STATE_PAUSED', stateReason: 'lunch', waitingFor: 'paused: lunch (1 of 2 nodes to go)' });
  t.notMatch(repeats, 'Waits for', 'what only says again that it is paused');
  const ending = 'paused; still to end: demo1: Running pre task drain';
  t.match(await shown({ state: 'ROLLOUT_STATE_PAUSED', waitingFor: ending }), `Waits for  ${ending}`);
  t.match(paused, /^Paused since +2026-01-02T03:05:05Z$/m);
  t.notMatch(paused, /^Since|^Deadline /m);
});
