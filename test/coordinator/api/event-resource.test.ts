import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { auditResource } from '../../../coordinator/api/event-resource.ts';
import { node, packageRecord } from '../../support/domain-records.ts';
import { errorOf } from '../../support/failure.ts';

const demo = node('demo151', ['mon']);
const release = packageRecord();
const core = {
  nodes: {
    find: (name: string) => {
      if (name === demo.hostname || name === demo.uid) return demo;
      throw new UvsError('NOT_FOUND', `there is no node ${name}`);
    },
  },
  packages: {
    find: (name: string) =>
      name === release.version || release.digest.startsWith(name)
        ? Promise.resolve(release)
        : Promise.reject(new UvsError('NOT_FOUND', `there is no package ${name}`)),
  },
};

void t.test('a resource is found by every name that people know it by', async (t) => {
  const gone = '7d0a6b1e-0000-4000-8000-000000000000';
  for (const [given, meant] of [
    ['nodes/demo151', `nodes/${demo.uid}`],
    [`nodes/${demo.uid}`, `nodes/${demo.uid}`],
    [`nodes/${gone}`, `nodes/${gone}`],
    ['packages/2.14.17', `packages/${release.digest}`],
    [`packages/${'0'.repeat(64)}`, `packages/${'0'.repeat(64)}`],
    ['rollouts/ro-0lx2k3m4n-1f0c2d9a7b', 'rollouts/ro-0lx2k3m4n-1f0c2d9a7b'],
    ['rollouts/ro-1/steps', 'rollouts/ro-1/steps'],
    ['joinTokens/jt-41x', 'joinTokens/jt-41x'],
    ['budgets/role/osd', 'budgets/role/osd'],
    ['budgets/cluster', 'budgets/cluster'],
    ['credentials/0a', 'credentials/0a'],
    ['nodes', 'nodes'],
    ['cluster', 'cluster'],
    ['packageRoot', 'packageRoot'],
  ] as const) {
    t.equal(await auditResource(given, core), meant);
  }
});

void t.test('a resource that can not exist is refused, with those that can', async (t) => {
  for (const given of [
    'nodez/demo151',
    'demo151',
    'cluster/x',
    'packageRoot/2',
    'rollouts/demo151',
    'credentials/bob',
    'constructor',
    'nodes/',
    '/',
    'nodes/a/b',
  ]) {
    t.match(await errorOf(auditResource(given, core)), { reason: 'NOT_FOUND' }, given);
  }
  t.match(await errorOf(auditResource('slots/demo151', core)), {
    message: /"slots\/demo151"/,
    hint: /cluster, packageRoot and of nodes\/…, rollouts\/…/,
  });
  t.match(await errorOf(auditResource('nodes/demo999', core)), { reason: 'NOT_FOUND', message: /demo999/ });
});
