import t from 'tap';
import { recentPace } from '../../../coordinator/core/pace.ts';
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
  const rollback = { kind: 'rollback', version: '1' } as const;
  t.strictSame(await recentPace(client, { ...rollback, release: 'b'.repeat(64) }), { ms: 7000, isOfRelease: false });
  t.strictSame(await recentPace(client, { ...rollback, release: 'a'.repeat(64) }), { ms: 7000, isOfRelease: true });
  t.strictSame(await recentPace(client, { kind: 'release', package: 'f'.repeat(64) }), { ms: 2000, isOfRelease: false });
  t.equal(await recentPace(client, { kind: 'reboot' }), undefined);
});

void t.test('nodes that have brought the very release tell its pace, its tasks included, whatever other rollouts came since', async (t) => {
  const client = server.client();
  const digest = 'e'.repeat(64);
  for (let at = 0; at < 5; at += 1) {
    const [rollout, operation, isOfIt] = [`ro-2${at}`, `op-2${at}`, at === 0];
    const plan = rolloutPlan(['a'], isOfIt ? { goal: { kind: 'release', package: digest } } : {});
    const step = stepRecord('a', { rollout, operation, state: 'succeeded', beganAt: 1000, endedAt: isOfIt ? 601_000 : 3000 });
    await client.txn(
      [],
      [
        { do: 'put', key: keys.rolloutPlan(rollout), value: recordText({ ...plan, id: rollout }) },
        { do: 'put', key: keys.step(rollout, step.uid), value: recordText(step) },
        { do: 'put', key: keys.operation(operation), value: recordText({ rollout, uid: step.uid }) },
      ],
    );
  }
  t.strictSame(await recentPace(client, { kind: 'release', package: digest }), { ms: 600_000, isOfRelease: true });
  t.strictSame(await recentPace(client, { kind: 'release', package: 'f'.repeat(64) }), { ms: 2000, isOfRelease: false });
});
