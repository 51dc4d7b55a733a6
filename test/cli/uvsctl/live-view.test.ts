import t from 'tap';
import { textWidth } from '../../../cli/output/text-width.ts';
import { painted, unpainted } from '../../../cli/output/colour.ts';
import { liveLines } from '../../../cli/uvsctl/watch/live-lines.ts';
import { RolloutModel } from '../../../cli/uvsctl/watch/model.ts';
import type { StepState } from '../../../proto/gen/uvs/v1/StepState.ts';
import type { Step } from '../../../proto/gen/uvs/v1/Step.ts';
import type { WatchRolloutResponse } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import type { WatchRolloutResponse__Output } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import { methodOf } from '../../../common/rpc/services.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { goodEvents, sampleRollout, sampleStep } from '../../support/fake-rollout.ts';
import { definition } from '../../support/grpc-server.ts';
import { ScreenEmulator } from '../../support/screen-emulator.ts';
import { makeOperator } from '../../support/uvsctl.ts';

/** An event as a client gets it: defaults filled in by the real encoding. */
function received(event: WatchRolloutResponse): WatchRolloutResponse__Output {
  const { responseDeserialize } = methodOf(definition, 'uvs.v1.RolloutService', 'WatchRollout');
  const method: unknown = definition['uvs.v1.RolloutService'];
  if (typeof method !== 'object' || method === null || !('WatchRollout' in method)) throw new Error('no method');
  const { WatchRollout } = method;
  if (typeof WatchRollout !== 'object' || WatchRollout === null || !('responseSerialize' in WatchRollout)) throw new Error('no encoding');
  if (typeof WatchRollout.responseSerialize !== 'function') throw new Error('no encoding');
  const bytes: unknown = WatchRollout.responseSerialize(event);
  if (!Buffer.isBuffer(bytes)) throw new Error('no bytes');
  return responseDeserialize(bytes);
}

function bigRollout(count: number, stateOf: (number: number) => StepState): WatchRolloutResponse {
  const steps: Step[] = Array.from({ length: count }, (_, index) =>
    sampleStep(index + 1, { state: stateOf(index + 1), phase: 'fetching', percent: 42, message: 'fetching: Fetching 42 % 38 MB/s' }),
  );
  return { snapshot: sampleRollout(count, { steps, waitingFor: 'gate ceph for demo7: osd.7 is down', stepsSucceeded: 1234 }) };
}

await t.test(
  'ten thousand steps fit a terminal of any size: those that are disturbed, then failed, then staging, then counts',
  async (t) => {
    const model = new RolloutModel();
    const stateOf = (number: number): StepState => {
      if (number === 9_999) return 'STEP_STATE_BEGUN';
      if (number === 5_000) return 'STEP_STATE_FAILED';
      return number % 2 === 0 ? 'STEP_STATE_STAGING' : 'STEP_STATE_PENDING';
    };
    model.apply(received(bigRollout(10_000, stateOf)));
    for (const columns of [20, 40, 80, 200]) {
      for (const rows of [5, 24, 50]) {
        const lines = liveLines(model, { columns, rows, elapsedMs: 125_000, paint: unpainted });
        t.ok(lines.length < rows, `${lines.length} lines of ${rows}`);
        t.ok(
          lines.every((line) => textWidth(line) < columns),
          `${columns} columns`,
        );
      }
    }
    const lines = liveLines(model, { columns: 120, rows: 10, elapsedMs: 125_000, paint: unpainted });
    t.match(lines[0], 'ro-1  2.14.17  one at a time  running');
    t.match(lines[1], /^\[###\.+\] {2}1,234 of 10,000 nodes done {2}2 min 05 s$/);
    t.equal(lines[2], 'Waits: gate ceph for demo7: osd.7 is down');
    t.match(lines[3], /^demo9999 {3}fetching {6}\[######\.+\] {2}42 % {2}Fetching 42 % 38 MB\/s$/);
    t.match(lines[4], /^demo5000 {3}failed/);
    t.match(lines[5], /^demo2 {6}fetching/);
    t.match(lines.at(-1), '4,996 more staging, 4,999 pending');
    t.match(liveLines(model, { columns: 120, rows: 10, elapsedMs: 0, paint: painted })[3], '\u001b[36mfetching');
  },
);

await t.test('what is waited for is broken into lines, so that a command in it can be read on a narrow terminal', async (t) => {
  const model = new RolloutModel();
  const stateReason = 'the canaries are done (demo151): "uvsctl rollouts approve ro-1 --reason TEXT" lets the others follow';
  model.apply(received({ snapshot: sampleRollout(3, { state: 'ROLLOUT_STATE_PAUSED', stateReason }) }));
  const lines = liveLines(model, { columns: 80, rows: 24, elapsedMs: 0, paint: unpainted });
  t.match(lines.slice(2, 4).join(' '), `Waits: ${stateReason}`);
  const low = liveLines(model, { columns: 20, rows: 5, elapsedMs: 0, paint: unpainted });
  t.ok(low.length < 5);
});

await t.test('nodes that are staged wait for their turn, or for the rollout that is paused', async (t) => {
  for (const [state, last] of [
    ['ROLLOUT_STATE_RUNNING', '3 staged and waiting for their turn'],
    ['ROLLOUT_STATE_PAUSED', '3 staged, and the rollout is paused'],
  ] as const) {
    const model = new RolloutModel();
    const steps = [1, 2, 3].map((number) => sampleStep(number, { state: 'STEP_STATE_STAGED' }));
    model.apply(received({ snapshot: sampleRollout(3, { state, steps }) }));
    t.equal(liveLines(model, { columns: 120, rows: 5, elapsedMs: 0, paint: unpainted }).at(-1), last);
  }
});

await t.test('a change costs the same however many steps there are', async (t) => {
  const model = new RolloutModel();
  model.apply(received(bigRollout(10_000, () => 'STEP_STATE_STAGING')));
  const events = Array.from({ length: 2_000 }, (_, index) =>
    received({ step: sampleStep(index + 1, { state: 'STEP_STATE_STAGED', message: `${index}` }) }),
  );
  const startMs = performance.now();
  for (const event of events) {
    model.apply(event);
    liveLines(model, { columns: 120, rows: 40, elapsedMs: 0, paint: unpainted });
  }
  const perEventMs = (performance.now() - startMs) / events.length;
  t.ok(perEventMs < 5, `${perEventMs.toFixed(3)} ms for each change and frame`);
  t.equal(model.count('STEP_STATE_STAGED'), 2_000);
  t.equal(model.count('STEP_STATE_STAGING'), 8_000);
  t.same(
    model.apply(received({ step: sampleStep(1, { state: 'STEP_STATE_STAGED', message: '0' }) })),
    [],
    'what is known already is no change',
  );
});

await t.test('on a terminal the view is redrawn in place, and its end stays on the screen', async (t) => {
  const authority = await TestAuthority.create();
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* () {
        yield* goodEvents(8);
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const screen = new ScreenEmulator(80);
  const { code, out } = await operator.run(['rollouts', 'watch', 'ro-1'], {
    isInteractive: true,
    columns: 80,
    rows: 12,
    onWrite: (text) => screen.write(text),
  });
  t.equal(code, 0);
  t.notOk(screen.hasOverflowed);
  t.ok(screen.isCursorShown, 'the cursor is back');
  t.match(out, '\u001b[?25l');
  t.equal(screen.lines.length, 3);
  t.match(screen.lines[0], 'ro-1  2.14.17  one at a time  succeeded');
  t.match(screen.lines[1], /^\[#+\] {2}8 of 8 nodes done/);
  t.match(screen.lines[2], /^Rollout ro-1 succeeded \(8 of 8 nodes done/);
});
