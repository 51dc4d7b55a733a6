import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();
const budgets: Record<string, number> = {};
const seen: unknown[] = [];
await using coordinator = await startFakeCoordinator(authority, {
  'uvs.v1.ClusterService': {
    SetBudget: ({ scope, nodes }) => {
      budgets[scope] = nodes;
      return { cluster: { budgets, defaultBudgets: { cluster: 1 } } };
    },
    UnsetBudget: (request) => {
      seen.push(request);
      return { cluster: { budgets: {}, defaultBudgets: { cluster: 1 } } };
    },
  },
  'uvs.v1.NodeService': {
    ListNodes: ({ selector }) => {
      const [role = ''] = selector?.roles ?? [];
      if (role !== 'osd') throw new UvsError('NOT_FOUND', `no node has the role ${role}`);
      return { nodes: [{ hostname: 'demo154' }] };
    },
  },
});
await using admin = await makeOperator(await authority.issue('admin/anna', [coordinator.address]));

await t.test('a budget that will not do what it seems to says why', async (t) => {
  const set = (scope: string, nodes: string) => admin.run(['budget', 'set', scope, nodes, '--reason', 'two racks']);
  t.match(await set('role/osdd', '1'), { code: 0, err: /^No node has the role osdd yet\.\n$/ });
  t.match(await set('role/osd', '2'), { code: 0, err: /^The budget of the cluster holds as well, and it is 1; .*\n$/ });
  t.match(await set('cluster', '2'), { code: 0, err: /^$/ });
  t.match(await set('role/osd', '2'), { code: 0, out: 'role/osd, 2 nodes may be down', err: /^$/ });
});

await t.test('a budget can be taken back, and it is said what holds then', async (t) => {
  t.match(await admin.run(['budget', 'unset', 'role/osd']), { code: 2, err: '--reason' });
  t.match(await admin.run(['budget', 'unset', 'role/osd', '--reason', 'one rack']), { code: 0, out: 'the budget of the cluster alone' });
  t.match(seen, [{ scope: 'role/osd', reason: 'one rack', requestId: /^[0-9a-f-]{36}$/ }]);
  t.match(await admin.run(['budget', 'unset', 'cluster', '--reason', 'x']), { code: 0, out: 'the default holds: 1 node down at most' });
});
