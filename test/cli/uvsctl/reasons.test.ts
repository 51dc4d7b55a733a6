import t from 'tap';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { sampleRollout } from '../../support/fake-rollout.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();
const said: { readonly what: string; readonly reason: string }[] = [];
const rollout = sampleRollout(1, { spec: { mode: 'ROLLOUT_MODE_PARALLEL', budget: 3, reason: 'first installation' } });
const coordinator = await startFakeCoordinator(authority, {
  'uvs.v1.ClusterService': {
    GetCluster: () => ({ cluster: { conditions: [{ type: 'Frozen', status: true }] } }),
    Thaw: ({ reason }) => {
      said.push({ what: 'thaw', reason });
      return { cluster: {} };
    },
  },
  'uvs.v1.NodeService': {
    GetNode: () => ({ node: { hostname: 'demo1', cordonReason: 'a fan' } }),
    UncordonNode: ({ reason }) => {
      said.push({ what: 'uncordon', reason });
      return { node: { hostname: 'demo1' } };
    },
  },
  'uvs.v1.RolloutService': {
    PlanRollout: () => ({ steps: [{ hostname: 'demo1', roles: ['osd'] }] }),
    CreateRollout: ({ spec }) => {
      said.push({ what: 'create', reason: spec?.reason ?? '' });
      return { rollout };
    },
    ResumeRollout: ({ reason }) => {
      said.push({ what: 'resume', reason });
      return { rollout };
    },
    GetRollout: () => ({ rollout }),
  },
});
t.teardown(() => coordinator[Symbol.asyncDispose]());
const operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
t.teardown(() => operator[Symbol.asyncDispose]());

/** Overrides, and what their refusal says. */
const overrides: readonly { readonly what: string; readonly command: readonly string[]; readonly says: RegExp }[] = [
  { what: 'thaw', command: ['thaw'], says: /--reason <text>/ },
  { what: 'uncordon', command: ['nodes', 'uncordon', 'demo1'], says: /--reason <text>/ },
  { what: 'create', command: ['reboot', '--all', '--parallel', '2', '--yes', '--detach'], says: /--parallel needs.*\nAdd --reason/ },
  {
    what: 'create',
    command: ['reboot', '--all', '--acknowledge', 'TELEMETRY_CHANGED', '--yes', '--detach'],
    says: /--acknowledge needs.*\nAdd --reason/,
  },
  {
    what: 'create',
    command: ['restart', 'ceph-osd@*', '--all', '--parallel', '2', '--yes', '--detach'],
    says: /--parallel needs.*\nAdd --reason/,
  },
];

for (const { what, command, says } of overrides) {
  await t.test(
    `${command.join(' ')}: refused before anything is sent where it is not said why, and the reason reaches the cluster`,
    async (t) => {
      for (const more of [[], ['--reason', ' ']]) {
        const refused = await operator.run([...command, ...more]);
        t.equal(refused.code, 2, refused.err);
        t.match(refused.err, more.length === 0 ? says : /must not be empty/);
      }
      t.same(said.splice(0), []);
      const done = await operator.run([...command, '--reason', 'first installation']);
      t.equal(done.code, 0, done.err);
      t.same(said.splice(0), [{ what, reason: 'first installation' }]);
    },
  );
}

await t.test('a push says what it misses before it uploads anything', async (t) => {
  const refused = await operator.run(['push', '2.14.17', '--all', '--parallel', '8', '--yes']);
  t.match(refused, { code: 2, err: /--parallel needs.*\nAdd --reason "…", e\.g\. "first installation"/ });
});

await t.test('what weakens nothing, and what only shows a plan, needs no reason', async (t) => {
  t.match(await operator.run(['reboot', '--all', '--yes', '--detach']), { code: 0 });
  t.same(said.splice(0), [{ what: 'create', reason: '' }]);
  t.match(await operator.run(['reboot', '--all', '--parallel', '2', '--dry-run']), { code: 0 });
  t.same(said.splice(0), []);
  t.match(await operator.run(['rollouts', 'resume', 'ro-1']), { code: 0, out: /^Rollout ro-1 runs already: nothing was changed\./ });
  rollout.state = 'ROLLOUT_STATE_PAUSED';
  t.match(await operator.run(['rollouts', 'resume', 'ro-1', '--reason', 'a new disk']), { code: 0, out: /^Rollout ro-1 goes on\./ });
  t.same(said.splice(0), [
    { what: 'resume', reason: '' },
    { what: 'resume', reason: 'a new disk' },
  ]);
});

await t.test('a rollout is shown with its reason', async (t) => {
  t.match(await operator.run(['rollouts', 'show', 'ro-1']), { code: 0, out: /^Reason +first installation$/m });
});

await t.test('a rollback without a reason has an example of one of its own', async (t) => {
  const refused = await operator.run(['rollback', '--all', '--yes']);
  t.match(refused, { code: 2, err: /a rollback needs/ });
  t.notMatch(refused.err, 'first installation');
});
