import type { RolloutSpec } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';
import t, { type Test } from 'tap';
import type { Rollout } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { WatchRolloutResponse } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import { TestAuthority } from '../../support/authority.ts';
import { sampleRollout, sampleStep } from '../../support/fake-rollout.ts';
import { setScene } from '../../support/push-scene.ts';

const authority = await TestAuthority.create();

const ends: readonly { readonly name: string; readonly code: number; readonly last: Partial<Rollout>; readonly says: RegExp }[] = [
  {
    name: 'paused',
    code: 20,
    last: { state: 'ROLLOUT_STATE_PAUSED', stateReason: 'demo1 failed: task pre ended with 3' },
    says: /is paused: demo1 failed: task pre ended with 3/,
  },
  { name: 'failed', code: 21, last: { state: 'ROLLOUT_STATE_FAILED', stateReason: 'demo1 failed' }, says: /failed: demo1 failed/ },
  {
    name: 'aborted',
    code: 22,
    last: { state: 'ROLLOUT_STATE_ABORTED', stateReason: 'by operator/otto' },
    says: /aborted: by operator\/otto/,
  },
];
for (const { name, code, last, says } of ends) {
  await t.test(`a rollout that is ${name} ends the push with exit code ${code}`, async (t) => {
    const events: WatchRolloutResponse[] = [
      { snapshot: sampleRollout(2), resumeToken: '1' },
      {
        step: sampleStep(1, { state: 'STEP_STATE_FAILED', operation: 'operations/op-7', message: 'task pre ended with 3' }),
        resumeToken: '2',
      },
      { rollout: sampleRollout(2, { ...last, steps: [], stepsFailed: 1 }), resumeToken: '3' },
    ];
    await using scene = await setScene(authority, events);
    const result = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']);
    t.equal(result.code, code);
    t.match(result.out, says);
    t.match(result.err, 'See what failed: uvsctl rollouts show ro-1\nWhat demo1 said: uvsctl operations logs op-7\n');
    if (name === 'paused') t.match(result.err, 'uvsctl rollouts resume ro-1');
  });
}

await t.test('a rollout that is paused for the approval is gone on with by an approval: a resume would only pause it again', async (t) => {
  const pausedFor: Partial<Rollout> = {
    state: 'ROLLOUT_STATE_PAUSED',
    stateReason: 'the canaries are done',
    pauseCause: 'PAUSE_CAUSE_APPROVAL',
  };
  await using scene = await setScene(authority, [
    { snapshot: sampleRollout(2), resumeToken: '1' },
    { rollout: sampleRollout(2, { ...pausedFor, steps: [] }), resumeToken: '2' },
  ]);
  const { code, err } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']);
  t.equal(code, 20);
  t.match(err, 'Go on: uvsctl rollouts approve ro-1 --reason TEXT   End it: uvsctl rollouts abort ro-1 --reason TEXT');
  t.notMatch(err, 'resume');
});

await t.test('where a node needs an operator, a resume is offered only once that was done', async (t) => {
  const stateReason =
    'demo1 failed: needs an operator: see that the node is in order, then, on it: systemctl stop uvs-agent; uvs-agent recover --accept op-7 --reason TEXT; systemctl start uvs-agent';
  await using scene = await setScene(authority, [
    { snapshot: sampleRollout(2), resumeToken: '1' },
    { step: sampleStep(1, { state: 'STEP_STATE_FAILED', operation: 'operations/op-7', needsOperator: true }), resumeToken: '2' },
    { rollout: sampleRollout(2, { state: 'ROLLOUT_STATE_PAUSED', stateReason, steps: [], stepsFailed: 1 }), resumeToken: '3' },
  ]);
  const { err, out } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']);
  t.match(out, 'uvs-agent recover --accept op-7 --reason TEXT');
  t.match(err, 'Go on, once demo1 is in order and accepted there: uvsctl rollouts resume ro-1   End it');
});

await t.test('where nobody has failed, as after an operator’s own pause, nothing is said of failures', async (t) => {
  await using scene = await setScene(authority, [
    { snapshot: sampleRollout(2), resumeToken: '1' },
    { rollout: sampleRollout(2, { state: 'ROLLOUT_STATE_PAUSED', stateReason: 'operator/otto: lunch', steps: [] }), resumeToken: '2' },
  ]);
  const { code, err } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']);
  t.equal(code, 20);
  t.match(err, 'Go on: uvsctl rollouts resume ro-1');
  t.notMatch(err, 'failed');
});

await t.test('where several have failed, the output that is named is that of the node for which the rollout paused', async (t) => {
  const failed = (index: number): WatchRolloutResponse => ({
    step: sampleStep(index, { state: 'STEP_STATE_FAILED', operation: `operations/op-${index}` }),
    resumeToken: `${index + 1}`,
  });
  const last = { state: 'ROLLOUT_STATE_PAUSED', stateReason: 'demo2 failed: it did not come back' } as const;
  await using scene = await setScene(authority, [
    { snapshot: sampleRollout(2), resumeToken: '1' },
    failed(1),
    failed(2),
    { rollout: sampleRollout(2, { ...last, steps: [], stepsFailed: 2 }), resumeToken: '4' },
  ]);
  const { err } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']);
  t.match(err, 'What demo2 said: uvsctl operations logs op-2\n');
});

/** What the operator is told whose rollout has paused because a node failed. */
async function saidOfFailure(t: Test, message: string, spec: RolloutSpec = { mode: 'ROLLOUT_MODE_ROLLING' }): Promise<string> {
  await using scene = await setScene(authority, [
    { snapshot: sampleRollout(2, { spec }), resumeToken: '1' },
    { step: sampleStep(1, { state: 'STEP_STATE_FAILED', message }), resumeToken: '2' },
    {
      rollout: sampleRollout(2, { spec, state: 'ROLLOUT_STATE_PAUSED', stateReason: `demo1 failed: ${message}`, steps: [] }),
      resumeToken: '3',
    },
  ]);
  const { code, err } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']);
  t.equal(code, 20);
  return err;
}

for (const message of [
  'NO_WAY_BACK: 2.14.17 can’t be taken back: OSDs write a new format',
  'KEY_UNKNOWN: nobody vouches',
  'SIGNATURE_MISSING: nobody vouches',
  "SERVICE_FORBIDDEN: uvs-agent.service can't be stopped",
]) {
  await t.test(`a rollback that failed with ${message.split(':')[0]} is not offered a resume, which would fail again`, async (t) => {
    const spec = { mode: 'ROLLOUT_MODE_ROLLING', rollback: { release: '', version: '2.14.17' } } as const;
    const err = await saidOfFailure(t, message, spec);
    t.match(err, 'A resume fails again');
    t.match(err, 'End it: uvsctl rollouts abort ro-1 --reason TEXT   Then bring the nodes forward: push a newer release.');
    t.notMatch(err, 'rollouts resume');
  });
}

for (const [message, says, once] of [
  [
    'PATH_FORBIDDEN: the package may not touch a',
    /alone fails again\. End it: .* Then build another release/,
    /Or go on, once what stands in the way is mended/,
  ],
  [
    'AGENT_TOO_OLD: the package needs 9',
    /same agent\. End it: .* Then update the agent first/,
    /Or go on, once its agent is a newer one: .* resume ro-1/,
  ],
  ["SERVICE_FORBIDDEN: uvs-agent.service can't be stopped", /never stops that unit .* Then build another release/, undefined],
  ['BASE_MISMATCH: it builds on another', /Then push that one first, or a full release/, undefined],
] as const) {
  await t.test(`a release that failed with ${message.split(':')[0]} is not offered a resume as the way on`, async (t) => {
    const err = await saidOfFailure(t, message);
    t.match(err, says);
    t.notMatch(err, 'Go on:');
    if (once === undefined) t.notMatch(err, 'rollouts resume');
    else t.match(err, once);
  });
}

for (const [action, message, says, once] of [
  [
    { restart: { units: ['ceph-osd@*.service'] } },
    'NOT_FOUND: no unit here matches',
    /name nodes that have it: --node or --label/,
    /once there is one/,
  ],
  [
    { restart: { units: ['chrony.service'] } },
    'PERMISSION_DENIED: chrony.service is not restarted',
    /Then name other units or other nodes/,
    /once its agent\.toml names/,
  ],
  [
    { migration: { directory: '/etc', units: [] } },
    "NOT_ALLOWED_NOW: /etc can't be brought to /m2",
    /Then name another directory/,
    /once what stands in the way/,
  ],
] satisfies readonly [Pick<RolloutSpec, 'restart' | 'migration'>, string, RegExp, RegExp][]) {
  await t.test(`what failed with ${message} is not offered a resume as the way on`, async (t) => {
    const spec: RolloutSpec = { mode: 'ROLLOUT_MODE_ROLLING', ...action };
    const err = await saidOfFailure(t, message, spec);
    t.match(err, says);
    t.match(err, once);
    t.notMatch(err, 'Go on:');
  });
}
