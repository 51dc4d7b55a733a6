import t from 'tap';
import { recentPaceMs } from '../../../coordinator/core/pace.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { recordText } from '../../../coordinator/state/parse.ts';
import { rolloutPlan, stepRecord } from '../../support/domain-records.ts';
import { startEtcd } from '../../support/etcd.ts';

const server = await startEtcd();
t.teardown(() => server[Symbol.asyncDispose]());

void t.test('the pace of a rollback is known also where many releases came since', async (t) => {
  const client = server.client();
  for (let at = 0; at < 8; at += 1) {
    const [rollout, operation] = [`ro-${at}`, `op-${at}`];
    const isRollback = at === 0;
    const plan = rolloutPlan(['a'], isRollback ? { goal: { kind: 'rollback', release: 'a'.repeat(64), version: '1' } } : {});
    const step = stepRecord('a', { rollout, operation, state: 'succeeded', beganAt: 1000, endedAt: isRollback ? 8000 : 3000 });
    await client.txn(
      [],
      [
        { do: 'put', key: keys.rolloutPlan(rollout), value: recordText({ ...plan, id: rollout }) },
        { do: 'put', key: keys.step(rollout, step.uid), value: recordText(step) },
        { do: 'put', key: keys.operation(operation), value: recordText({ rollout, uid: step.uid }) },
      ],
    );
  }
  t.equal(await recentPaceMs(client, 'rollback'), 7000);
  t.equal(await recentPaceMs(client, 'release'), 2000);
  t.equal(await recentPaceMs(client, 'reboot'), undefined);
});
