import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import type { Cluster } from '../../../proto/gen/uvs/v1/Cluster.ts';
import type { Rollout } from '../../../proto/gen/uvs/v1/Rollout.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { sampleRollout } from '../../support/fake-rollout.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();
const cluster: Cluster = {
  name: 'demo',
  epoch: '7d0a6b1e-0000-4000-8000-000000000000',
  leader: { id: 'c1', grpcAddress: '10.0.0.1:7443' },
  coordinators: [
    { id: 'c1', grpcAddress: '10.0.0.1:7443' },
    { id: 'c2', grpcAddress: '10.0.0.2:7443' },
  ],
  conditions: [{ type: 'Frozen', status: true, message: 'storm (operator/olga)' }],
  budgets: { 'role/osd': 2, cluster: 3 },
  nodesTotal: 8,
  nodesReady: 7,
  packageRecipient: 'age1demo',
};

await t.test('the status page tells what an operator asks first', async (t) => {
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.ClusterService': { GetCluster: () => ({ cluster }) },
    'uvs.v1.RolloutService': {
      ListRollouts: () => ({
        rollouts: [
          sampleRollout(8, { steps: [], stepsSucceeded: 3, waitingFor: 'gate ceph: osd.2 is down' }),
          sampleRollout(1, { state: 'ROLLOUT_STATE_SUCCEEDED' }),
        ],
      }),
    },
    'uvs.v1.SlotService': {
      ListSlots: () => ({
        slots: [{ hostname: 'demo4', state: 'SLOT_STATE_BEGUN', rollout: 'rollouts/ro-1', operation: 'operations/op-1' }],
      }),
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { code, out } = await operator.run(['status']);
  t.equal(code, 0);
  t.match(out, /^Cluster +demo$/m);
  t.match(out, /^Leader +c1 \(10\.0\.0\.1:7443\)$/m);
  t.match(out, /^Coordinators +c1 .*, c2 /m);
  t.match(out, /^Frozen +yes: storm \(operator\/olga\)$/m);
  t.match(out, /^Nodes +7 of 8 nodes ready$/m);
  t.match(out, /^Recipient +age1demo$/m, 'for upd build');
  t.match(out, /^Budgets +cluster 3, role\/osd 2$/m);
  t.match(out, /^ {2}ro-1 {2}2\.14\.17 {2}running {2}3 of 8 nodes done {2}\(gate ceph: osd\.2 is down\)$/m);
  t.match(out, /^demo4 +begun +op-1 +ro-1/m);
  t.match(JSON.parse((await operator.run(['status', '--json'])).out), {
    cluster: { name: 'demo' },
    rollouts: [{ name: 'rollouts/ro-1' }],
    slots: [{ hostname: 'demo4' }],
  });
});

await t.test('rollouts that are paused are told as that, and not as under way', async (t) => {
  const shown = async (...states: readonly NonNullable<Rollout['state']>[]): Promise<string> => {
    await using coordinator = await startFakeCoordinator(authority, {
      'uvs.v1.ClusterService': { GetCluster: () => ({ cluster }) },
      'uvs.v1.RolloutService': { ListRollouts: () => ({ rollouts: states.map((state) => sampleRollout(8, { state, steps: [] })) }) },
      'uvs.v1.SlotService': { ListSlots: () => ({ slots: [] }) },
    });
    await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
    return (await operator.run(['status'])).out;
  };
  t.match(await shown('ROLLOUT_STATE_PAUSED'), /^Rollouts +1 paused$/m);
  t.match(await shown('ROLLOUT_STATE_PAUSED', 'ROLLOUT_STATE_RUNNING', 'ROLLOUT_STATE_ABORTED'), /^Rollouts +1 under way, 1 paused$/m);
  t.match(await shown(), /^Rollouts +none under way$/m);
});

await t.test('the nodes are counted by the coordinator that leads, whichever the credential names first', async (t) => {
  await using leader = await startFakeCoordinator(authority, {
    'uvs.v1.ClusterService': { GetCluster: () => ({ cluster }) },
    'uvs.v1.RolloutService': { ListRollouts: () => ({ rollouts: [] }) },
    'uvs.v1.SlotService': { ListSlots: () => ({ slots: [] }) },
  });
  const elsewhere = (): never => {
    throw new UvsError('NOT_LEADER', 'another leads', { details: { leader: leader.address } });
  };
  await using follower = await startFakeCoordinator(authority, {
    'uvs.v1.ClusterService': { GetCluster: () => ({ cluster: { ...cluster, nodesTotal: 0, nodesReady: 0 } }) },
    'uvs.v1.RolloutService': { ListRollouts: elsewhere },
    'uvs.v1.SlotService': { ListSlots: elsewhere },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [follower.address, leader.address]));
  t.match(await operator.run(['status']), { code: 0, out: /^Nodes +7 of 8 nodes ready$/m });
});

await t.test('a budget that nobody has set is shown with its default, and as the default', async (t) => {
  const shown = async (budgets: Record<string, number>): Promise<string> => {
    await using coordinator = await startFakeCoordinator(authority, {
      'uvs.v1.ClusterService': { GetCluster: () => ({ cluster: { ...cluster, leader: null, budgets, defaultBudgets: { cluster: 1 } } }) },
    });
    await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
    return (await operator.run(['status'])).out;
  };
  t.match(await shown({}), /^Budgets +cluster 1 \(default\)$/m);
  t.match(await shown({ 'role/osd': 2 }), /^Budgets +cluster 1 \(default\), role\/osd 2$/m);
  t.match(await shown({ cluster: 1 }), /^Budgets +cluster 1$/m, 'set to the same number it is set');
});

await t.test(
  'a coordinator that does not run is marked, with since when and what to do, and a status that warns ends with 0',
  async (t) => {
    const message = 'c2 does not run, or does not reach etcd: start it';
    const weakened = {
      ...cluster,
      coordinators: [
        { id: 'c1', grpcAddress: '10.0.0.1:7443' },
        { id: 'c2', grpcAddress: '10.0.0.2:7443', isDown: true, downTime: { seconds: '1767323045' } },
        { id: 'c3', grpcAddress: '10.0.0.3:7443', isDown: true },
      ],
      conditions: [{ type: 'Weakened', status: true, message }],
      leader: null,
    };
    await using coordinator = await startFakeCoordinator(authority, {
      'uvs.v1.ClusterService': {
        GetCluster: () => ({ cluster: weakened }),
        ListCoordinators: () => ({ coordinators: weakened.coordinators }),
      },
    });
    await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
    const { code, out } = await operator.run(['status']);
    t.equal(code, 0);
    t.match(out, 'c1 (10.0.0.1:7443), c2 (10.0.0.2:7443, not running since 2026-01-02T03:04:05Z), c3 (10.0.0.3:7443, not running)\n');
    t.match(out, new RegExp(`^Weakened +${message}$`, 'm'));
    const listed = await operator.run(['coordinators', 'list']);
    t.match(listed.out, /^c1 +10\.0\.0\.1:7443 .*running +-$/m);
    t.match(listed.out, /^c2 .*not running +2026-01-02T03:04:05Z$/m);
  },
);

await t.test('a coordinator is removed by its id, with a reason, and only by who says yes', async (t) => {
  const asked: unknown[] = [];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.ClusterService': {
      RemoveCoordinator: ({ id, reason }) => {
        asked.push({ id, reason });
        return { cluster };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('admin/anna', [coordinator.address]));
  t.match(await operator.run(['coordinators', 'remove', 'c2', '--reason', 'burnt']), { code: 2, err: '--yes' });
  t.same(asked, []);
  t.match(await operator.run(['coordinators', 'remove', 'c2', '--reason', 'burnt', '--yes']), {
    code: 0,
    out: 'The coordinator c2 is removed',
  });
  t.same(asked, [{ id: 'c2', reason: 'burnt' }]);
});

await t.test('a cluster without a leader is shown all the same', async (t) => {
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.ClusterService': { GetCluster: () => ({ cluster: { ...cluster, leader: null } }) },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  t.match(await operator.run(['status']), { code: 0, out: /^Leader +none[^]*^Nodes +only a leader knows$/m });
});

await t.test('a closed gate is exit code 8', async (t) => {
  let isOpen = false;
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.GateService': {
      EvaluateGates: ({ node }) => ({
        answers: [{ gate: 'gates/ceph', yes: isOpen, message: `${node}: osd.2 is down`, durationMs: '230' }],
      }),
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  t.match(await operator.run(['gates', 'check', 'demo2']), { code: 8, out: /ceph +no +0\.2 s +nodes\/demo2: osd\.2 is down/ });
  isOpen = true;
  t.match(await operator.run(['gates', 'check', 'demo2']), { code: 0 });
});

await t.test('a thaw of what is not frozen says so, and changes nothing', async (t) => {
  const thawed: string[] = [];
  let isFrozen = false;
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.ClusterService': {
      GetCluster: () => ({ cluster: { ...cluster, conditions: [{ type: 'Frozen', status: isFrozen }] } }),
      Thaw: ({ requestId }) => {
        thawed.push(requestId);
        return { cluster };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  t.match(await operator.run(['thaw', '--reason', 'over']), { code: 0, out: 'The cluster is not frozen: nothing to do.\n' });
  t.same(thawed, []);
  isFrozen = true;
  t.match(await operator.run(['thaw', '--reason', 'over']), { code: 0, out: 'The cluster is no longer frozen.\n' });
  t.equal(thawed.length, 1);
});
