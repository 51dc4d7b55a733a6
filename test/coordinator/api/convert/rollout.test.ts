import t from 'tap';
import { rolloutSummary, specFrom } from '../../../../coordinator/api/convert/rollout.ts';
import type { MigrationAct__Output } from '../../../../proto/gen/uvs/v1/MigrationAct.ts';
import type { RolloutSpec__Output } from '../../../../proto/gen/uvs/v1/RolloutSpec.ts';
import type { RolloutPause } from '../../../../coordinator/domain.ts';
import { rolloutPlan, rolloutState } from '../../../support/domain-records.ts';

const wish: RolloutSpec__Output = {
  package: `packages/${'a'.repeat(64)}`,
  selector: { all: true, nodes: [], roles: [], labels: {} },
  mode: 'ROLLOUT_MODE_ROLLING',
  budget: 0,
  stageDeadlineSeconds: 0,
  waitDeadlineSeconds: 0,
  stepDeadlineSeconds: 0,
  canary: null,
  onFailure: 'FAILURE_ACTION_UNSPECIFIED',
  toleratedFailures: 0,
  rollBackAfterSeconds: 0,
  acknowledgedChecks: [],
  reason: '',
};

void t.test(
  'health checks that are acknowledged are taken once each; one of availability or redundancy, and what is none, is refused',
  (t) => {
    const acknowledging = (...acknowledgedChecks: string[]) => specFrom({ ...wish, acknowledgedChecks }).acknowledgedChecks;
    t.same(acknowledging('TELEMETRY_CHANGED', 'POOL_NO_REDUNDANCY', 'TELEMETRY_CHANGED'), ['TELEMETRY_CHANGED', 'POOL_NO_REDUNDANCY']);
    const refused = { reason: 'INVALID_ARGUMENT', message: /^spec\.acknowledged_checks holds "/ };
    for (const code of ['OSD_DOWN', 'OSD_RACK_DOWN', 'telemetry', '', 'A B', 'X'.repeat(101)])
      t.throws(() => acknowledging(code), refused, code);
    t.throws(() => acknowledging(...Array.from({ length: 101 }, (_, index) => `CHECK_${index}`)), { message: /holds more than 100/ });
    t.end();
  },
);

void t.test('a paused rollout says what it is paused for, and who has paused it', async (t) => {
  const summary = (pause: RolloutPause | undefined) => {
    const state = rolloutState(pause === undefined ? {} : { state: 'paused', pause });
    const counts = { succeeded: 0, failed: 0, skipped: 0 };
    const { pauseCause, pauser } = rolloutSummary({ plan: rolloutPlan([]), state, waitingFor: '', newcomers: [], counts });
    return [pauseCause, pauser];
  };
  t.strictSame(summary(undefined), ['PAUSE_CAUSE_UNSPECIFIED', '']);
  t.strictSame(summary({ cause: 'approval' }), ['PAUSE_CAUSE_APPROVAL', '']);
  t.strictSame(summary({ cause: 'failure' }), ['PAUSE_CAUSE_FAILURE', '']);
  t.strictSame(summary({ cause: 'operator', by: 'operator/alice' }), ['PAUSE_CAUSE_OPERATOR', 'operator/alice']);
});

void t.test('a migration names a whole, plain directory and units that can be; all else is refused by its field', (t) => {
  const asked = { act: 'MIGRATION_ACT_MIGRATE' as const, directory: '/var/log/ceph', units: ['ceph-osd@*', 'nfs-ganesha'] };
  const goalOf = (migration: typeof asked | (Omit<typeof asked, 'act'> & { act: MigrationAct__Output })) =>
    specFrom({ ...wish, package: '', action: 'migration', migration }).goal;
  const units = ['ceph-osd@*.service', 'nfs-ganesha.service'];
  t.strictSame(goalOf(asked), { kind: 'migration', act: 'migrate', directory: '/var/log/ceph', units });
  const undone = { kind: 'migration', act: 'undo', directory: '/var/log/ceph', units: [] };
  t.strictSame(goalOf({ ...asked, act: 'MIGRATION_ACT_UNDO', units: [] }), undone);
  t.throws(() => goalOf({ ...asked, act: 'MIGRATION_ACT_CONFIRM' }), { message: /^spec\.migration\.units is for MIGRATE/ });
  t.throws(() => goalOf({ ...asked, act: 'MIGRATION_ACT_UNSPECIFIED' }), { message: /^spec\.migration\.act must be MIGRATE/ });
  for (const directory of [
    '',
    '/',
    'var/log',
    '/var//log',
    '/var/./log',
    '/var/../etc',
    '/var/log/',
    '/a b',
    '/a\n',
    '/%n',
    `/${'a'.repeat(200)}`,
  ])
    t.throws(() => goalOf({ ...asked, directory }), { reason: 'INVALID_ARGUMENT', message: /^spec\.migration\.directory is "/ }, directory);
  for (const [directory, why] of [
    ['/etc', /^spec\.migration\.directory is \/etc, which no node brings to its SSD: the system needs it in its place/],
    ['/m2/x', /that is where the SSD itself is mounted/],
    ['/var/lib/uvs-agent/operations', /the agent keeps its own state there/],
    ['/srv/.uvs-retained', /the agent keeps its own state there/],
  ] as const) {
    t.throws(() => goalOf({ ...asked, directory }), { reason: 'INVALID_ARGUMENT', message: why });
    t.match(goalOf({ ...asked, units: [], act: 'MIGRATION_ACT_UNDO', directory }), { directory });
  }
  t.throws(() => goalOf({ ...asked, units: ['sshd*'] }), { message: /^spec\.migration\.units holds "sshd\*"/ });
  t.throws(() => goalOf({ ...asked, units: ['ceph-osd@'] }), { message: /holds ceph-osd@\.service, which is no unit, but a template/ });
  t.throws(() => goalOf({ ...asked, units: Array.from({ length: 17 }, () => 'a') }), { message: /units must be at most 16/ });
  t.end();
});
