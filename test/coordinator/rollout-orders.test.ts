import t from 'tap';
import type { RolloutPause } from '../../coordinator/domain.ts';
import { approvedBy, pausedBy, resumed } from '../../coordinator/rollout-orders.ts';
import { rolloutState } from '../support/domain-records.ts';
import { errorOf } from '../support/failure.ts';
import { begun, done, running, situation, staged, type Given } from '../support/situations.ts';

const steps: Readonly<Record<string, Given>> = { a: done, b: done, c: staged };

function withCanaries(state = running, given = steps, needsApproval = true) {
  const canary = { nodes: [], count: 2, soakMs: 60_000, needsApproval };
  return situation(given, state, { canary }, { canaries: 2 });
}

function pausedFor(pause: RolloutPause | undefined, reason = 'a reason') {
  return rolloutState({ state: 'paused', reason, pause, pausedAt: 1_000, attempt: 3 });
}

void t.test('a pause by an operator takes the place of whatever the rollout was paused for', async (t) => {
  for (const state of [
    running,
    pausedFor({ cause: 'approval' }),
    pausedFor({ cause: 'operator', by: 'operator/bob' }),
    pausedFor(undefined),
  ]) {
    t.strictSame(pausedBy(state, 'operator/alice', 'STOP', 2_000), {
      ...state,
      state: 'paused',
      reason: 'STOP',
      pause: { cause: 'operator', by: 'operator/alice' },
      pausedAt: state === running ? 2_000 : 1_000,
    });
  }
  t.match(pausedBy(running, 'operator/alice', '', 2_000), { reason: 'paused by operator/alice' });
});

void t.test('a resume leads out of every pause, and a rollout that runs stays as it is', async (t) => {
  for (const pause of [{ cause: 'approval' }, { cause: 'failure' }, { cause: 'operator', by: 'operator/bob' }] as const) {
    t.match(resumed(pausedFor(pause)), {
      state: 'running',
      reason: '',
      pause: undefined,
      pausedAt: undefined,
      attempt: 4,
      approvedBy: undefined,
    });
  }
  t.equal(resumed(running), running);
});

void t.test('an approval ends the soak or the pause that waited for it, and names who gave it', async (t) => {
  for (const state of [running, pausedFor({ cause: 'approval' })]) {
    t.match(approvedBy(withCanaries(state), 'operator/alice'), {
      state: 'running',
      reason: '',
      pause: undefined,
      pausedAt: undefined,
      attempt: state.attempt + 1,
      approvedBy: 'operator/alice',
    });
  }
});

void t.test('an approval is refused, with what to do, where another pause stands or nothing waits for it', async (t) => {
  const soaked: Given = { ...done, sinceMs: 90_000 };
  for (const [asked, message, hint] of [
    [
      withCanaries(pausedFor({ cause: 'operator', by: 'operator/bob' }, 'STOP')),
      'rollout ro-1 is paused by operator/bob, not for an approval: STOP',
      /"uvsctl rollouts resume ro-1" ends that/,
    ],
    [withCanaries(pausedFor({ cause: 'failure' }, 'c failed')), 'rollout ro-1 is paused, not for an approval: c failed', /resume ro-1/],
    [withCanaries(pausedFor(undefined, 'of old')), 'rollout ro-1 is paused, not for an approval: of old', /resume ro-1/],
    [withCanaries(rolloutState({ approvedBy: 'operator/bob' })), 'rollout ro-1 was approved already, by operator/bob', /show ro-1/],
    [
      withCanaries(rolloutState({ ...pausedFor({ cause: 'failure' }), approvedBy: 'operator/bob' })),
      'rollout ro-1 was approved already, by operator/bob',
      /resume ro-1/,
    ],
    [withCanaries(running, { a: done, b: begun, c: staged }), 'the canaries of rollout ro-1 are not done yet', /show ro-1/],
    [
      withCanaries(running, { a: soaked, b: soaked, c: staged }, false),
      'the nodes after the canaries of rollout ro-1 follow already',
      /show ro-1/,
    ],
    [situation(steps), 'rollout ro-1 has no canaries to approve', /show ro-1/],
  ] as const) {
    const error = await errorOf(() => approvedBy(asked, 'operator/alice'));
    t.match({ reason: error.reason, message: error.message, hint: error.hint }, { reason: 'NOT_ALLOWED_NOW', message, hint });
  }
});
