import t from 'tap';
import { nextActions } from '../../coordinator/rollout.ts';
import { describeCanaries } from '../../coordinator/rollout-canary.ts';
import { placeSteps } from '../../coordinator/rollout-situation.ts';
import { observeStep } from '../../coordinator/rollout-step.ts';
import { rolloutState } from '../support/domain-records.ts';
import { begun, done, NOW_MS, running, situation, staged, step, waiting, wishes, type Given } from '../support/situations.ts';

const MINUTE_MS = 60_000;
const late = 61_000;

function canaries(steps: Readonly<Record<string, Given>>, soakMs = 0, needsApproval = false, state = running) {
  const canary = { nodes: [], count: 2, soakMs, needsApproval };
  return situation(steps, state, { mode: 'parallel', budget: 9, canary }, { canaries: 2 });
}

void t.test('only canaries are begun until they have succeeded, while all others stage ahead', async (t) => {
  t.strictSame(wishes(canaries({ a: staged, b: staged, c: staged, d: {} })), ['assign d', 'grant a', 'grant b']);
  t.strictSame(wishes(canaries({ a: done, b: begun, c: staged, d: staged })), []);
  t.strictSame(wishes(canaries({ a: done, b: done, c: staged, d: staged })), ['grant c', 'grant d']);
  t.strictSame(
    wishes(canaries({ a: done, b: { record: { state: 'skipped' } }, c: staged })),
    ['grant c'],
    'one that left is not waited for',
  );
});

void t.test('the others wait for the soak of the last canary, and the view says for how long', async (t) => {
  const soaking = (b: Given) =>
    canaries({ a: { ...done, sinceMs: 9 * MINUTE_MS }, b: { ...done, ...b }, c: { ...staged, sinceMs: 8 * MINUTE_MS } }, 5 * MINUTE_MS);
  t.strictSame(wishes(soaking({ sinceMs: MINUTE_MS })), [], 'no deadline passes meanwhile');
  t.match(waiting(soaking({ sinceMs: MINUTE_MS })), {
    isMoving: false,
    reason: 'the canaries are done (a, b) and soak for about 4 min more; then the others follow',
  });
  t.strictSame(wishes(soaking({ sinceMs: 5 * MINUTE_MS })), ['grant c']);
  t.strictSame(wishes(soaking({ sinceMs: 5 * MINUTE_MS, isConnected: false })), [], 'a canary that is not heard has not proven itself');
  t.match(waiting(soaking({ sinceMs: 5 * MINUTE_MS, isConnected: false })), { reason: /wait for b, which is silent/ });
  t.match(nextActions(soaking({ sinceMs: 7 * MINUTE_MS, isConnected: false })).at(-1), {
    kind: 'pause',
    reason: /within 60 s: .* b, which is silent/,
  });
});

void t.test('what is left of a soak is said in seconds where it is short, with what comes then', async (t) => {
  const leftOf = (soakMs: number, needsApproval: boolean): string => {
    const since = { ...done, sinceMs: 3_000 };
    const wait = waiting(canaries({ a: since, b: since, c: staged }, soakMs, needsApproval));
    return wait?.kind === 'wait' ? wait.reason : '';
  };
  t.equal(leftOf(18_000, false), 'the canaries are done (a, b) and soak for about 15 s more; then the others follow');
  t.equal(leftOf(18_000, true), 'the canaries are done (a, b) and soak for about 15 s more; then the rollout pauses for an approval');
  t.match(leftOf(4_000, false), 'soak for about 5 s more');
  t.match(leftOf(63_000, false), 'soak for about 60 s more');
  t.match(leftOf(64_000, false), 'soak for about 2 min more');
});

void t.test('the others wait for a canary that is not well, soaked or not, and for a whole soak once it is', async (t) => {
  const ailing = (a: Given, soakMs = 5 * MINUTE_MS) =>
    canaries({ a: { ...done, sinceMs: 9 * MINUTE_MS, ...a }, b: done, c: staged }, soakMs);
  const illness = 'unhealthy: not running: ceph-osd@4';
  for (const soakMs of [0, 60 * MINUTE_MS]) {
    t.strictSame(wishes(ailing({ illness, sinceMs: MINUTE_MS / 2 }, soakMs)), []);
    t.match(waiting(ailing({ illness, sinceMs: MINUTE_MS / 2 }, soakMs)), {
      isMoving: false,
      reason: 'the canaries are done, and the others wait for a, which is not well (unhealthy: not running: ceph-osd@4)',
    });
    t.match(nextActions(ailing({ illness, sinceMs: late }, soakMs)).at(-1), {
      kind: 'pause',
      reason: /^nothing could begin within 60 s: .* a, which is not well \(unhealthy/,
    });
  }

  const state = running;
  const at = (agoMs: number) => NOW_MS - agoMs;
  const facts = step('a', done, state);
  let seen = observeStep(undefined, facts, state, at(9 * MINUTE_MS));
  seen = observeStep(seen, { ...facts, illness }, state, at(3 * MINUTE_MS));
  seen = observeStep(seen, facts, state, at(2 * MINUTE_MS));
  const mended = canaries({ a: done, b: { ...done, sinceMs: 9 * MINUTE_MS }, c: staged }, 5 * MINUTE_MS);
  const steps = mended.steps.map((one) => (one.uid === facts.uid ? { ...one, milestones: seen } : one));
  t.match(waiting({ ...mended, steps }), { reason: 'the canaries are done (a, b) and soak for about 3 min more; then the others follow' });
  t.strictSame(wishes({ ...mended, steps, nowMs: NOW_MS + 3 * MINUTE_MS }), ['grant c']);
});

void t.test(
  'a canary that was not heard for longer than a moment soaks anew once it is, and one that has left shows nothing',
  async (t) => {
    const at = (agoMs: number) => NOW_MS - agoMs;
    const facts = step('a', done, running);
    const afterAbsence = (ms: number): string => {
      let seen = observeStep(undefined, facts, running, at(9 * MINUTE_MS));
      seen = observeStep(seen, { ...facts, isConnected: false }, running, at(MINUTE_MS + ms));
      seen = observeStep(seen, facts, running, at(MINUTE_MS));
      const soaked = canaries({ a: done, b: { ...done, sinceMs: 9 * MINUTE_MS }, c: staged }, 5 * MINUTE_MS);
      const steps = soaked.steps.map((one) => (one.uid === facts.uid ? { ...one, milestones: seen } : one));
      return wishes({ ...soaked, steps }).join();
    };
    t.equal(afterAbsence(10_000), 'grant c');
    t.equal(afterAbsence(4 * MINUTE_MS), '', 'what it was like meanwhile nobody knows');

    const left: Given = { ...done, isEnrolled: false, isConnected: false, sinceMs: 9 * MINUTE_MS };
    t.match(nextActions(canaries({ a: left, b: left, c: staged })).at(-1), {
      kind: 'pause',
      reason: /no canary is left that succeeded \(a, b\)/,
    });
    t.strictSame(wishes(canaries({ a: left, b: { ...done, sinceMs: 9 * MINUTE_MS }, c: staged }, 5 * MINUTE_MS)), ['grant c']);
  },
);

void t.test('a canary that is away again and again does not soak for ever', async (t) => {
  const facts = step('a', done, running);
  let seen = observeStep(undefined, facts, running, NOW_MS - 12 * MINUTE_MS);
  const soaking = (agoMs: number) => {
    const nowMs = NOW_MS - agoMs;
    const given = canaries({ a: done, b: { ...done, sinceMs: 12 * MINUTE_MS }, c: staged }, 5 * MINUTE_MS);
    return { ...given, nowMs, steps: given.steps.map((one) => (one.uid === facts.uid ? { ...one, milestones: seen } : one)) };
  };
  for (const agoMs of [8 * MINUTE_MS, 4 * MINUTE_MS]) {
    seen = observeStep(seen, { ...facts, isConnected: false }, running, NOW_MS - agoMs - MINUTE_MS);
    seen = observeStep(seen, facts, running, NOW_MS - agoMs);
    t.match(waiting(soaking(agoMs)), { reason: /soak for about 5 min more/ });
  }
  t.match(waiting(soaking(1.5 * MINUTE_MS)), {
    reason: 'a is well and heard again, and has not been for a whole soak since the canaries were done',
  });
  t.match(nextActions(soaking(0)).at(-1), { kind: 'pause', reason: /^nothing could begin within 60 s: a is well and heard again/ });
  t.strictSame(wishes(soaking(-2 * MINUTE_MS)), ['grant c'], 'it has soaked by then');
});

void t.test('what the canaries have shown is said with what is left of their soak, and who of them is silent', async (t) => {
  const shown = (a: Given, b: Given): string => {
    const asked = canaries({ a, b, c: staged }, 5 * MINUTE_MS, true);
    return describeCanaries(asked, placeSteps(asked));
  };
  t.equal(shown({ ...done, sinceMs: 9 * MINUTE_MS }, { ...done, sinceMs: MINUTE_MS }), 'a, b succeeded, about 4 min of the soak left');
  const soaked = { ...done, sinceMs: 9 * MINUTE_MS };
  t.equal(shown(soaked, { ...soaked, isConnected: false }), 'a, b succeeded, nothing of the soak left, b silent');
  t.equal(
    shown({ ...soaked, illness: 'cordoned: its disk dies', isConnected: false }, soaked),
    'a, b succeeded, about 5 min of the soak left, a not well',
  );
  const left: Given = { record: { state: 'skipped' } };
  t.equal(shown(left, left), 'no canary has succeeded (a, b)');
});

void t.test('where approval is wanted the rollout pauses after the soak, again after a resume, and goes on once approved', async (t) => {
  const steps = { a: done, b: done, c: staged };
  const reason = 'the canaries are done (a, b): "uvsctl rollouts approve ro-1 --reason TEXT" lets the others follow';
  const paused = { kind: 'pause', cause: 'approval', reason };
  t.match(nextActions(canaries(steps, 0, true)).at(-1), paused);
  t.match(nextActions(canaries(steps, 0, true, rolloutState({ attempt: 2 }))).at(-1), paused);
  const approved = rolloutState({ approvedBy: 'operator/alice' });
  t.strictSame(wishes(canaries(steps, 0, true, approved)), ['grant c']);
  t.strictSame(wishes(canaries(steps, 60 * MINUTE_MS, true, approved)), ['grant c'], 'whatever is left of the soak');
});

void t.test('a rollout without a canary that succeeded asks, and one of canaries alone ends', async (t) => {
  const skipped: Given = { record: { state: 'skipped' } };
  t.match(nextActions(canaries({ a: skipped, b: skipped, c: staged })).at(-1), {
    kind: 'pause',
    reason: /no canary is left that succeeded/,
  });
  t.strictSame(wishes(canaries({ a: done, b: done }, MINUTE_MS, true)), ['end']);
});

void t.test('after an approval the others have a deadline again, whatever was left of the soak', async (t) => {
  const refusal = { message: 'gate ceph: osd.2 is down', atMs: NOW_MS };
  const approvedAgo = (sinceMs: number) =>
    wishes(
      canaries(
        { a: { ...done, sinceMs }, b: { ...done, sinceMs }, c: { ...staged, refusal, sinceMs: 2 * late } },
        60 * MINUTE_MS,
        true,
        rolloutState({ approvedBy: 'operator/alice' }),
      ),
    );
  t.strictSame(approvedAgo(late), ['pause']);
  t.strictSame(approvedAgo(1_000), []);
});
