import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import type { Rollout } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { WatchRolloutResponse } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import { TestAuthority } from '../../support/authority.ts';
import { eventually } from '../../support/eventually.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { goodEvents, sampleRollout, sampleStep } from '../../support/fake-rollout.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();

await t.test('a watch that loses its connection goes on with the resume token, and says so', async (t) => {
  const events = goodEvents(3);
  const tokens: string[] = [];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* ({ resumeToken }) {
        tokens.push(resumeToken);
        const from = Number(resumeToken);
        yield* events.slice(from, from + 7);
        // The end of a stream whose rollout has not ended is an interruption just as a failure is.
        if (from + 7 < events.length && tokens.length === 1) throw new UvsError('NOT_LEADER', 'no longer the leader');
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { code, out, err } = await operator.run(['rollouts', 'watch', 'ro-1']);
  t.equal(code, 0);
  t.same(tokens, ['', '7', '14']);
  t.match(err, /Connection lost \(no longer the leader\); the rollout goes on, connecting again …/);
  t.match(err, /Connected again after 0\.\d s\./);
  t.equal(out.match(/demo\d +succeeded/g)?.length, 3, 'no change is lost or told twice');
});

await t.test('a leader that dies is replaced by another coordinator in the same watch', async (t) => {
  const events = goodEvents(2);
  const second = Promise.withResolvers<string>();
  const first = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* (_request, { signal }) {
        yield* events.slice(0, 3);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    },
  });
  await using other = await startFakeCoordinator(
    authority,
    {
      'uvs.v1.RolloutService': {
        WatchRollout: async function* ({ resumeToken }) {
          second.resolve(resumeToken);
          // Another coordinator does not know the place and sends everything again.
          yield {
            snapshot: sampleRollout(2, {
              stepsSucceeded: 1,
              steps: [sampleStep(1, { state: 'STEP_STATE_SUCCEEDED', phase: 'done' }), sampleStep(2)],
            }),
            resumeToken: 'x',
          };
          yield* events.slice(6);
        },
      },
    },
    { id: 'c2' },
  );
  await using operator = await makeOperator(await authority.issue('viewer/vera', [first.address, other.address]));
  let isKilled = false;
  const { code, out, err } = await operator.run(['rollouts', 'watch', 'ro-1'], {
    onWrite: (text) => {
      if (isKilled || !text.includes('waits: gate ceph')) return;
      isKilled = true;
      void first[Symbol.asyncDispose]();
    },
  });
  t.equal(code, 0, err);
  t.equal(await second.promise, '3');
  t.equal(out.match(/demo1 +succeeded/g)?.length, 1);
  t.equal(out.match(/demo2 +succeeded/g)?.length, 1);
});

await t.test('Ctrl-C stops the watching, not the rollout', async (t) => {
  const interrupt = new AbortController();
  const calls: string[] = [];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* (_request, { signal }) {
        yield { snapshot: sampleRollout(2), resumeToken: '1' };
        interrupt.abort(new UvsError('CANCELLED', 'interrupted by SIGINT'));
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        calls.push('gone');
      },
      PauseRollout: () => {
        calls.push('paused');
        return {};
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  const { code, err } = await operator.run(['rollouts', 'watch', 'ro-1'], { signal: interrupt.signal });
  t.equal(code, 11);
  t.match(err, 'the rollout goes on. Watch it again: uvsctl rollouts watch ro-1');
  await eventually('the watching has ended', () => calls.length > 0);
  t.strictSame(calls, ['gone'], 'and nothing was paused');
});

await t.test('a node that has said nothing since it may begin is not shown as what it was before', async (t) => {
  const told = 'it was told that it may begin, and has not said anything since';
  const steps = [
    sampleStep(1, { state: 'STEP_STATE_BEGUN', phase: 'staged', message: told }),
    sampleStep(2, { state: 'STEP_STATE_GRANTED', phase: 'staged', message: 'the gates are being asked whether it may begin' }),
    sampleStep(3, { state: 'STEP_STATE_STAGED', phase: 'staged', message: 'staged, waiting for its turn' }),
  ];
  const paused: Partial<Rollout> = { state: 'ROLLOUT_STATE_PAUSED', stateReason: 'lunch', steps };
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      GetRollout: () => ({ rollout: sampleRollout(3, paused) }),
      WatchRollout: async function* () {
        yield { snapshot: sampleRollout(3, { steps }), resumeToken: '1' };
        for (const number of [1, 2]) {
          yield { step: sampleStep(number, { state: 'STEP_STATE_SUCCEEDED', phase: 'done' }), resumeToken: String(number + 1) };
        }
        yield { rollout: sampleRollout(3, { ...paused, steps: [] }), resumeToken: '4' };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { out } = await operator.run(['rollouts', 'watch', 'ro-1']);
  t.match(out, `demo1    begun: ${told}`);
  t.match(out, 'demo2    granted: the gates are being asked whether it may begin');
  t.match(out, 'demo3    staged: staged, waiting for its turn');
  const shown = await operator.run(['rollouts', 'show', 'ro-1']);
  t.match(shown.out, /demo1 +begun +- /);
  t.match(shown.out, /Still to end +demo1 \(begun\), demo2 \(granted\)/);
});

await t.test('a paused rollout is watched until the nodes that have begun are back', async (t) => {
  const events: WatchRolloutResponse[] = [
    {
      snapshot: sampleRollout(3, {
        steps: [sampleStep(1, { state: 'STEP_STATE_BEGUN', phase: 'committing' }), sampleStep(2), sampleStep(3)],
      }),
      resumeToken: '1',
    },
    { rollout: sampleRollout(3, { steps: [], state: 'ROLLOUT_STATE_PAUSED', stateReason: 'by operator/otto: lunch' }), resumeToken: '2' },
    { step: sampleStep(1, { state: 'STEP_STATE_SUCCEEDED', phase: 'done' }), resumeToken: '3' },
    { step: sampleStep(2, { state: 'STEP_STATE_STAGING', phase: 'fetching' }), resumeToken: '4' },
  ];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* (_request, { signal }) {
        yield* events;
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { code, out, err } = await operator.run(['rollouts', 'watch', 'ro-1']);
  t.equal(code, 20);
  t.match(out, /demo1 +succeeded, done/);
  t.match(out, 'is paused: by operator/otto: lunch');
  t.match(err, 'uvsctl rollouts resume ro-1');
});

await t.test('an aborted rollout is watched until the nodes that have begun are back, and says which those are', async (t) => {
  const aborted: Partial<Rollout> = { steps: [], state: 'ROLLOUT_STATE_ABORTED', stateReason: 'wrong release' };
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* ({ resumeToken }) {
        if (resumeToken === '') {
          const begun = sampleStep(1, { state: 'STEP_STATE_BEGUN', phase: 'committing' });
          yield { snapshot: sampleRollout(2, { steps: [begun, sampleStep(2)] }), resumeToken: '1' };
          yield { rollout: sampleRollout(2, aborted), resumeToken: '2' };
          // nobody who thinks that it is over comes again
          throw new UvsError('NOT_LEADER', 'no longer the leader');
        }
        yield { step: sampleStep(1, { state: 'STEP_STATE_SUCCEEDED', phase: 'done' }), resumeToken: '3' };
        yield { rollout: sampleRollout(2, { ...aborted, stepsSucceeded: 1, endTime: { seconds: '7', nanos: 0 } }), resumeToken: '4' };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { code, out, err } = await operator.run(['rollouts', 'watch', 'ro-1']);
  t.equal(code, 22);
  t.match(out, /demo1 +succeeded, done/);
  t.match(out, 'Rollout ro-1 aborted: wrong release (1 of 2 nodes done');
  t.notMatch(err, 'Still to end');
});

await t.test('a restart that found nothing on some nodes, or on any, says so at its end', async (t) => {
  const nothing = { state: 'STEP_STATE_SUCCEEDED' as const, message: 'nothing to restart: nothing that runs or has failed here matches x' };
  const ended = { state: 'ROLLOUT_STATE_SUCCEEDED' as const, stepsSucceeded: 2, endTime: { seconds: '7', nanos: 0 } };
  const said = async (second: Parameters<typeof sampleStep>[1]): Promise<string> => {
    await using coordinator = await startFakeCoordinator(authority, {
      'uvs.v1.RolloutService': {
        WatchRollout: async function* () {
          yield { snapshot: sampleRollout(2, { steps: [sampleStep(1, nothing), sampleStep(2, second)] }), resumeToken: '1' };
          yield { rollout: sampleRollout(2, ended), resumeToken: '2' };
        },
      },
    });
    await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
    const { code, err } = await operator.run(['rollouts', 'watch', 'ro-1']);
    t.equal(code, 0);
    return err;
  };
  t.match(
    await said({ state: 'STEP_STATE_SUCCEEDED', message: 'restarted ceph-osd@3.service' }),
    'On 1 node there was nothing to restart: uvsctl rollouts show ro-1',
  );
  t.match(await said(nothing), 'Nothing was restarted on any node: is the pattern spelt as systemd has it?');
});

await t.test('what is out of service when a watch ends is named, and in a look at the rollout', async (t) => {
  const steps = [1, 2, 3, 4, 5, 6, 7].map((number) => sampleStep(number, { state: 'STEP_STATE_BEGUN', phase: 'committing' }));
  const rollout = sampleRollout(8, { state: 'ROLLOUT_STATE_FAILED', steps: [...steps, sampleStep(8)] });
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* () {
        yield { snapshot: rollout, resumeToken: '1' };
      },
      GetRollout: ({ name }) => ({
        rollout: { ...rollout, state: name.endsWith('-1') ? 'ROLLOUT_STATE_ABORTED' : 'ROLLOUT_STATE_RUNNING' },
      }),
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const names = [1, 2, 3, 4, 5].map((number) => `demo${number} (begun, committing)`).join(', ');
  const { err } = await operator.run(['rollouts', 'watch', 'ro-1']);
  t.match(
    err,
    `Still to end: ${names} and 2 more. Look again: uvsctl rollouts watch ro-1
`,
  );
  const { out } = await operator.run(['rollouts', 'show', 'ro-1']);
  t.ok(new RegExp(`^Still to end +${names.replaceAll(/[()]/g, '.')} and 2 more$`, 'm').test(out), out);
  t.notMatch((await operator.run(['rollouts', 'show', 'ro-2'])).out, 'Still to end', 'one that runs has more to come');
});

await t.test('plain lines are aligned, timed, and say what is waited for once', async (t) => {
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* () {
        yield { snapshot: sampleRollout(1, { steps: [sampleStep(1, { hostname: 'a-long-node-name' })] }), resumeToken: '1' };
        const waiting = sampleRollout(1, { steps: [], waitingFor: 'gate ceph: osd.2 is down' });
        yield { rollout: waiting, resumeToken: '2' };
        yield { rollout: waiting, resumeToken: '3' };
        yield { rollout: { ...waiting, waitingFor: 'gate storage: about 9 s left' }, resumeToken: '3' };
        yield { rollout: { ...waiting, waitingFor: 'gate storage: about 8 s left' }, resumeToken: '3' };
        for (let percent = 1; percent <= 100; percent += 1) {
          yield {
            step: sampleStep(1, {
              hostname: 'a-long-node-name',
              state: 'STEP_STATE_STAGING',
              phase: 'fetching',
              percent,
              message: `fetching: ${percent} %`,
            }),
            resumeToken: '4',
          };
        }
        yield { rollout: sampleRollout(1, { steps: [], state: 'ROLLOUT_STATE_SUCCEEDED', stepsSucceeded: 1 }), resumeToken: '5' };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { out } = await operator.run(['rollouts', 'watch', 'ro-1']);
  const lines = out.trimEnd().split('\n').slice(0, -1);
  t.same(
    lines.map((line) => line.replace(/^0:00:0\d\.\d  /, '')),
    [
      'rollout           ro-1 brings 2.14.17, running (0 of 1 node done)',
      'rollout           waits: gate ceph: osd.2 is down',
      'rollout           waits: gate storage: about 9 s left',
      'a-long-node-name  staging, fetching 1 %: 1 %',
      'rollout           succeeded (1 of 1 node done)',
    ],
  );
});

await t.test('a rollout that is gone in the middle of a watch is told as what an etcd that was put back has forgotten', async (t) => {
  let streams = 0;
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* () {
        streams += 1;
        if (streams > 1) throw new UvsError('NOT_FOUND', 'there is no rollout ro-1', { hint: 'list them' });
        yield* goodEvents(3).slice(0, 5);
        throw new UvsError('NOT_LEADER', 'this coordinator stops leading');
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { code, err } = await operator.run(['rollouts', 'watch', 'ro-1']);
  t.equal(code, 3);
  t.match(err, /there is no rollout ro-1 any more, and a moment ago there was: etcd was put back .*\[NOT_FOUND\]\n"uvsctl status" says/);
});

await t.test('an unknown rollout, and a coordinator that was never there, fail at once', async (t) => {
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      // oxlint-disable-next-line require-yield
      WatchRollout: async function* () {
        throw new UvsError('NOT_FOUND', 'there is no rollout ro-9');
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  t.match(await operator.run(['rollouts', 'watch', 'ro-9']), { code: 3, err: 'there is no rollout ro-9' });
  await using lonely = await makeOperator(await authority.issue('viewer/vera', ['127.0.0.1:1']));
  t.match(await lonely.run(['rollouts', 'watch', 'ro-9']), { code: 10, err: '127.0.0.1:1' });
});

await t.test('a node that was removed, and of which only the UID is left, is told as one', async (t) => {
  const nodeUid = '7d0a6b1e-0000-4000-8000-000000000000';
  const gone = sampleStep(1, { nodeUid, hostname: nodeUid, state: 'STEP_STATE_FAILED', operation: 'operations/op-7' });
  const rollout = sampleRollout(2, { state: 'ROLLOUT_STATE_FAILED', steps: [gone] });
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* () {
        yield { snapshot: rollout, resumeToken: '1' };
      },
      GetRollout: () => ({ rollout }),
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  for (const command of ['watch', 'show']) {
    const { out, err } = await operator.run(['rollouts', command, 'ro-1']);
    t.match(out + err, 'removed 7d0a6b1e…');
    t.notMatch(out + err, nodeUid);
  }
});
