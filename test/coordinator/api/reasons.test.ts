import t from 'tap';
import type { UvsError } from '../../../common/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { makeCluster } from '../../support/running-cluster.ts';

const cluster = await makeCluster();
t.teardown(() => cluster[Symbol.asyncDispose]());
await cluster.run();
const admin = cluster.client();
await eventually('c1 leads', async () => (await admin.call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader !== null);

const all = { all: true, nodes: [], roles: [], labels: {} };
const parallel = { reboot: {}, action: 'reboot', selector: all, mode: 'ROLLOUT_MODE_PARALLEL', budget: 2 } as const;
const acknowledging = { ...parallel, mode: 'ROLLOUT_MODE_ROLLING' as const, acknowledgedChecks: ['TELEMETRY_CHANGED'] };

/** Every call that overrides something, as an operator would make it who says why, or does not. */
const overrides: Readonly<Record<string, (reason: string) => Promise<unknown>>> = {
  freeze: (reason) => admin.call('uvs.v1.ClusterService', 'Freeze', { reason }),
  thaw: (reason) => admin.call('uvs.v1.ClusterService', 'Thaw', { reason }),
  adopt: (reason) => admin.call('uvs.v1.ClusterService', 'AdoptCluster', { reason }),
  'budget set': (reason) => admin.call('uvs.v1.ClusterService', 'SetBudget', { scope: 'cluster', nodes: 2, reason }),
  'budget unset': (reason) => admin.call('uvs.v1.ClusterService', 'UnsetBudget', { scope: 'cluster', reason }),
  cordon: (reason) => admin.call('uvs.v1.NodeService', 'CordonNode', { name: 'nodes/demo1', reason }),
  uncordon: (reason) => admin.call('uvs.v1.NodeService', 'UncordonNode', { name: 'nodes/demo1', reason }),
  'accept roles': (reason) => admin.call('uvs.v1.NodeService', 'AcceptRoles', { name: 'nodes/demo1', roles: [], reason }),
  remove: (reason) => admin.call('uvs.v1.NodeService', 'RemoveNode', { name: 'nodes/demo1', reason }),
  'write off': (reason) => admin.call('uvs.v1.NodeService', 'WriteOffNode', { name: 'nodes/demo1', reason }),
  'release a slot': (reason) => admin.call('uvs.v1.SlotService', 'ReleaseSlot', { name: 'slots/demo1', reason }),
  pause: (reason) => admin.call('uvs.v1.RolloutService', 'PauseRollout', { name: 'rollouts/ro-1', reason }),
  approve: (reason) => admin.call('uvs.v1.RolloutService', 'ApproveRollout', { name: 'rollouts/ro-1', reason }),
  abort: (reason) => admin.call('uvs.v1.RolloutService', 'AbortRollout', { name: 'rollouts/ro-1', reason }),
  withdraw: (reason) => admin.call('uvs.v1.AccessService', 'WithdrawCredential', { name: `credentials/${'a'.repeat(32)}`, reason }),
  'a parallel rollout': (reason) => admin.call('uvs.v1.RolloutService', 'CreateRollout', { spec: { ...parallel, reason } }),
  'a parallel rollout, only checked': (reason) =>
    admin.call('uvs.v1.RolloutService', 'CreateRollout', { spec: { ...parallel, reason }, validateOnly: true }),
  'an acknowledged check': (reason) => admin.call('uvs.v1.RolloutService', 'CreateRollout', { spec: { ...acknowledging, reason } }),
};

/** How a call was refused; undefined: it was not. */
async function refusalOf(call: Promise<unknown>): Promise<UvsError | undefined> {
  return await call.then(
    () => undefined,
    (error: UvsError) => error,
  );
}

for (const [name, call] of Object.entries(overrides)) {
  void t.test(`${name}: refused without a reason, with the field and what to do; with one it is looked at`, async (t) => {
    for (const reason of ['', ' \t ']) {
      const refusal = await refusalOf(call(reason));
      t.match(refusal, { reason: 'INVALID_ARGUMENT', message: /reason is required/u, hint: /^Say in a sentence why/u });
      t.match(refusal?.details['field'], /^(?:spec\.)?reason$/u);
    }
    const refusal = await refusalOf(call('a test'));
    t.notMatch(refusal?.message ?? '', /reason/u);
  });
}

void t.test('a plan of what would need a reason is shown without', async (t) => {
  const refusal = await refusalOf(admin.call('uvs.v1.RolloutService', 'PlanRollout', { spec: parallel }));
  t.match(refusal, { reason: 'NOT_FOUND', message: /no node/u }, 'it is only that there are no nodes');
});

void t.test('a rolling rollout and a resume need none', async (t) => {
  const rolling = { ...parallel, mode: 'ROLLOUT_MODE_ROLLING', budget: 0 } as const;
  t.match(await refusalOf(admin.call('uvs.v1.RolloutService', 'CreateRollout', { spec: rolling })), { reason: 'NOT_FOUND' });
  t.match(await refusalOf(admin.call('uvs.v1.RolloutService', 'ResumeRollout', { name: 'rollouts/ro-1' })), { reason: 'NOT_FOUND' });
});
