import t from 'tap';
import type { CreateRolloutRequest__Output } from '../../../proto/gen/uvs/v1/CreateRolloutRequest.ts';
import type { Rollout } from '../../../proto/gen/uvs/v1/Rollout.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { sampleRollout } from '../../support/fake-rollout.ts';
import { makeOperator, type UvsctlOptions, type UvsctlResult } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();

/** Runs one command at a coordinator whose plan has two nodes and whose rollout succeeds at once. */
async function runOnce(
  arguments_: readonly string[],
  options: UvsctlOptions = {},
): Promise<{ readonly created: readonly CreateRolloutRequest__Output[]; readonly result: UvsctlResult }> {
  const created: CreateRolloutRequest__Output[] = [];
  const rollout = (): Rollout => ({ ...sampleRollout(2), spec: created[0]?.spec ?? null, version: '' });
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      PlanRollout: () => ({
        steps: [
          { hostname: 'demo1', roles: ['mon', 'mgr'], fromVersion: '2.14.16', toVersion: '2.14.16' },
          { hostname: 'demo2', roles: ['mon'], fromVersion: '2.14.16', toVersion: '2.14.16' },
        ],
        blockers: [{ kind: 'budget', message: '1 of 1 used: osd9 (silent)' }],
        waves: [
          { name: 'canary', nodes: 1, atOnce: 1, soakSeconds: 600, needsApproval: true, expectedSeconds: 640 },
          { name: 'mon', nodes: 1, atOnce: 1, expectedSeconds: 40 },
        ],
      }),
      CreateRollout: (request) => {
        created.push(request);
        return { rollout: rollout() };
      },
      WatchRollout: async function* () {
        yield { snapshot: rollout(), resumeToken: '1' };
        yield { rollout: { ...rollout(), state: 'ROLLOUT_STATE_SUCCEEDED', steps: [] }, resumeToken: '2' };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  return { created, result: await operator.run(arguments_, options) };
}

await t.test('a reboot shows its plan, asks, and goes one node at a time', async (t) => {
  const { created, result } = await runOnce(['reboot', '--role', 'mon', '--rolling'], { canAsk: true, answers: ['yes'] });
  t.equal(result.code, 0, result.err);
  t.match(result.terminal.questions, ['Reboot 2 nodes, one at a time? [y/N] ']);
  t.match(result.out, /Node Name +Role +Note\ndemo1 +mon mgr/, 'no versions: none is brought');
  t.match(result.out, '2 nodes to do.');
  t.match(
    result.out,
    'Order: 1 canary, then a soak of 10 min 00 s and approval; 1 mon. About 11 min 20 s at the pace of the last rollouts, without waits at gates and approval.',
  );
  t.match(result.out, 'Would wait now (budget): 1 of 1 used: osd9 (silent)');
  t.match(result.out, 'ro-1 reboots, running');
  t.match(created, [{ spec: { action: 'reboot', package: '', mode: 'ROLLOUT_MODE_ROLLING', selector: { roles: ['mon'] } } }]);
});

await t.test('a stuck service is restarted by one command, one node at a time unless told otherwise', async (t) => {
  const { created, result } = await runOnce(['restart', 'ceph-mgr@*', '--node', 'demo1', '--yes']);
  t.equal(result.code, 0, result.err);
  t.match(result.out, 'ro-1 restarts ceph-mgr@*.service, running');
  t.match(created, [
    {
      spec: { action: 'restart', restart: { units: ['ceph-mgr@*.service'] }, mode: 'ROLLOUT_MODE_ROLLING', selector: { nodes: ['demo1'] } },
    },
  ]);
  const parallel = await runOnce([
    'restart',
    'ceph-osd@*',
    'ceph-mds@*',
    '--all',
    '--parallel',
    '3',
    '--reason',
    'stuck',
    '--yes',
    '--detach',
  ]);
  t.match(parallel.created, [
    { spec: { restart: { units: ['ceph-osd@*.service', 'ceph-mds@*.service'] }, mode: 'ROLLOUT_MODE_PARALLEL', budget: 3 } },
  ]);
  t.match(parallel.result.out, 'Watch it: uvsctl rollouts watch ro-1');
});

await t.test('a directory is brought to the SSDs, put back and confirmed by one command each, one node at a time', async (t) => {
  const directory = '/var/log/ceph';
  const units = ['--unit', 'ceph-osd@*,ceph-mgr@*'];
  const { created, result } = await runOnce(['m2', 'migrate', directory, ...units, '--role', 'mon'], { canAsk: true, answers: ['yes'] });
  t.equal(result.code, 0, result.err);
  t.match(result.terminal.questions, ['Bring /var/log/ceph to the SSD on 2 nodes, one at a time? [y/N] ']);
  t.match(result.out, 'ro-1 brings to the SSD /var/log/ceph, running');
  const migration = { act: 'MIGRATION_ACT_MIGRATE', directory, units: ['ceph-osd@*.service', 'ceph-mgr@*.service'] };
  t.match(created, [{ spec: { action: 'migration', migration, mode: 'ROLLOUT_MODE_ROLLING', package: '', selector: { roles: ['mon'] } } }]);
  for (const [act, message, predicate] of [
    ['undo', 'MIGRATION_ACT_UNDO', 'puts back from the SSD'],
    ['confirm', 'MIGRATION_ACT_CONFIRM', 'removes the old'],
  ] as const) {
    const ended = await runOnce(['m2', act, directory, '--all', '--yes']);
    t.match(ended.result, { code: 0, out: `ro-1 ${predicate} ${directory}, running` });
    t.match(ended.created, [{ spec: { migration: { act: message, directory, units: { length: 0 } } } }]);
  }
});

await t.test('what can name no directory, and a unit that is none, is refused before anything is sent', async (t) => {
  for (const words of [['var/log'], ['/var/../etc'], ['/var/log/'], ['/a b'], [`/${'a'.repeat(200)}`], ['/var/log', '--unit', 'sshd*']]) {
    const { created, result } = await runOnce(['m2', 'migrate', ...words, '--all', '--yes']);
    t.equal(result.code, 2, words.join(' '));
    t.equal(created.length, 0);
  }
  // it needs no terminal and no cluster to be refused
  const { created, result } = await runOnce(['m2', 'migrate', '/etc', '--all']);
  t.match(result, { code: 2, err: "/etc can't be brought to /m2: the system needs it in its place" });
  t.equal(created.length, 0);
});

await t.test('a dry run asks nobody and starts nothing', async (t) => {
  const { created, result } = await runOnce(['reboot', '--all', '--dry-run']);
  t.equal(result.code, 0, result.err);
  t.match(result.out, 'demo2');
  t.equal(created.length, 0);
});

await t.test('what can name no unit is refused before anything is sent', async (t) => {
  for (const units of [['sshd*'], ['ceph-osd@*;reboot'], ['-H']]) {
    const { created, result } = await runOnce(['restart', ...units, '--all', '--yes']);
    t.equal(result.code, 2, units.join(' '));
    t.equal(created.length, 0);
  }
  t.match(await runOnce(['reboot', '--all']), { result: { code: 2, err: 'no terminal to ask' }, created: { length: 0 } });
});

await t.test('canaries, patience with failures and their waves go through to the coordinator and the plan', async (t) => {
  const policy = ['--canary', 'demo2', '--soak', '10m', '--approval', '--on-failure', 'continue', '--max-failures', '3'];
  const { created } = await runOnce(['reboot', '--role', 'mon', '--yes', ...policy]);
  t.match(created, [
    {
      spec: {
        canary: { nodes: ['demo2'], count: 0, soakSeconds: 600, needsApproval: true },
        onFailure: 'FAILURE_ACTION_CONTINUE',
        toleratedFailures: 3,
      },
    },
  ]);
  t.match((await runOnce(['reboot', '--all', '--yes', '--canary', '2'])).created, [
    { spec: { canary: { nodes: { length: 0 }, count: 2 } } },
  ]);
  t.match((await runOnce(['reboot', '--all', '--yes'])).created, [{ spec: { canary: null, onFailure: 'FAILURE_ACTION_PAUSE' } }]);
});

await t.test(
  'health checks that are acknowledged go through; what can not be acknowledged is refused before anything is sent',
  async (t) => {
    const { created } = await runOnce(['reboot', '--all', '--yes', '--acknowledge', 'TELEMETRY_CHANGED,MON_CLOCK_SKEW', '--reason', 'x']);
    t.match(created, [{ spec: { acknowledgedChecks: ['TELEMETRY_CHANGED', 'MON_CLOCK_SKEW'] } }]);
    t.match((await runOnce(['reboot', '--all', '--yes'])).created, [{ spec: { acknowledgedChecks: { length: 0 } } }]);
    for (const code of ['OSD_DOWN', 'osd']) {
      const { created: none, result } = await runOnce(['reboot', '--all', '--yes', '--acknowledge', code]);
      t.equal(result.code, 2, code);
      t.match(result.err, code === 'OSD_DOWN' ? 'it can not be acknowledged' : 'must be the code of a health check');
      t.equal(none.length, 0);
    }
  },
);

await t.test('options of a policy that mean nothing alone are refused before anything is asked', async (t) => {
  const wrong: readonly [readonly string[], RegExp][] = [
    [['--soak', '10m'], /--soak is about canaries/],
    [['--approval'], /--approval is about canaries/],
    [['--on-failure', 'continue'], /with how many failed nodes/],
    [['--max-failures', '2'], /--max-failures is about --on-failure continue/],
    [['--canary', 'demo1,'], /a number of nodes, or their names/],
    [['--canary', '0'], /from 1 to 10000/],
  ];
  for (const [options, message] of wrong) {
    const { created, result } = await runOnce(['reboot', '--all', '--yes', ...options]);
    t.equal(result.code, 2, options.join(' '));
    t.match(result.err, message);
    t.equal(created.length, 0);
  }
});
