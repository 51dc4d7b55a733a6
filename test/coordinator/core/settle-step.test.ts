import { randomUUID } from 'node:crypto';
import t from 'tap';
import { settleStep } from '../../../coordinator/core/rollout-transactions.ts';
import { campaign } from '../../../coordinator/election.ts';
import { createEpoch } from '../../../coordinator/state/bootstrap.ts';
import { Ledger } from '../../../coordinator/state/ledger.ts';
import { rolloutPlan, rolloutState, stepRecord } from '../../support/domain-records.ts';
import { startEtcd } from '../../support/etcd.ts';
import { realClock } from '../../support/real-clock.ts';

const audit = { actor: 'operator/alice', action: 'test', resource: 'rollouts/ro-1', message: '' };

void t.test('a step that ended well while its deadline passed stays so; any other takes what was decided', async (t) => {
  await using etcd = await startEtcd();
  const client = etcd.client();
  await createEpoch(client, randomUUID);
  const member = { id: 'c1', grpcAddress: 'c1:1', httpsAddress: 'c1:2' };
  const term = await campaign({ etcd: client, clock: realClock, member, ttlSeconds: 10, randomId: randomUUID });
  if (term === undefined) throw new Error('not won');
  const ledger = await Ledger.open({ etcd: client, clock: realClock, term, randomId: randomUUID });
  const states = { a: 'confirming', b: 'succeeded', c: 'skipped' } as const;
  const plan = rolloutPlan(Object.keys(states).map((name) => `uid-${name}`));
  const steps = Object.entries(states).map(([name, state]) => ({ of: 'step', record: stepRecord(name, { state }) }) as const);
  await ledger.commit(() => ({ changes: [{ of: 'rollout', plan, state: rolloutState() }, ...steps], audit, result: undefined }));
  for (const uid of plan.order) await settleStep({ clock: realClock, ledger }, plan.id, { uid, settlement: 'failed', message: 'too late' });
  const settled = ledger.mirror.rollouts.get(plan.id)?.steps;
  t.strictSame(
    plan.order.map((uid) => settled?.get(uid)?.state),
    ['failed', 'succeeded', 'skipped'],
  );
  // failed once more for the same reason, after a resume
  const failed = ledger.mirror.rollouts.get(plan.id)?.steps.get('uid-a');
  await ledger.commit(() => ({
    changes: [{ of: 'rollout-state', id: plan.id, record: rolloutState({ attempt: 2 }) }],
    audit,
    result: undefined,
  }));
  await settleStep({ clock: realClock, ledger }, plan.id, { uid: 'uid-a', settlement: 'failed', message: 'too late' });
  const again = ledger.mirror.rollouts.get(plan.id)?.steps.get('uid-a');
  t.strictSame([failed?.attempt, again?.attempt], [1, 2], 'a failure counts for the attempt in which it shows');
  await term.resign();
});
