import t from 'tap';
import { nextActions } from '../../coordinator/rollout.ts';
import { describeCanaries } from '../../coordinator/rollout-canary.ts';
import { placeSteps } from '../../coordinator/rollout-situation.ts';
import type { RolloutStateRecord } from '../../coordinator/domain.ts';
import { observeStep } from '../../coordinator/rollout-step.ts';
import { rolloutState } from '../support/domain-records.ts';
import { begun, done, fetching, NOW_MS, running, situation, staged, step, waiting, wishes, type Given } from '../support/situations.ts';

const MINUTE_MS = 60_000;
const silent: Given = { ...staged, isConnected: false };
const failed: Given = { record: { state: 'failed', message: 'post task ended with 1' } };
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

function continuing(steps: Readonly<Record<string, Given>>, tolerated = 1, state = running, more = {}) {
  return situation(steps, state, { onFailure: { action: 'continue', tolerated } }, more);
}

void t.test('a rollout that continues goes on past failed nodes up to its limit, and then pauses with their reasons', async (t) => {
  t.strictSame(wishes(continuing({ a: failed, b: staged })), ['grant b']);
  t.match(nextActions(continuing({ a: failed, b: failed, c: staged })).at(-1), {
    kind: 'pause',
    reason: '2 nodes failed, and it goes on with 1: a failed: post task ended with 1; b failed: post task ended with 1',
  });
  t.match(nextActions(continuing({ a: failed, b: done })).at(-1), {
    kind: 'pause',
    reason: /^all other nodes are done, 1 failed: a failed/,
  });
  t.strictSame(wishes(continuing({ a: failed, b: done }, 1, rolloutState({ attempt: 2 }))), ['assign a'], 'a resume tries the failed only');
});

void t.test("a canary's failure is never tolerated", async (t) => {
  const steps = { a: failed, b: staged };
  t.match(nextActions(continuing(steps, 5, running, { canaries: 1 })).at(-1), { kind: 'pause', reason: /^the canary a failed/ });
});

void t.test('a deadline that a node passes by its own fault makes it fail where the rollout continues', async (t) => {
  const settles = (steps: Readonly<Record<string, Given>>, message: RegExp): void => {
    t.match(
      nextActions(continuing(steps)).filter(({ kind }) => kind === 'settle' || kind === 'pause'),
      [{ kind: 'settle', uid: 'uid-a', settlement: 'failed', message }],
    );
  };
  settles({ a: { ...fetching, sinceMs: late }, b: staged }, /^a was not staged within 60 s/);
  settles({ a: { ...begun, sinceMs: late }, b: staged }, /^a was not confirmed within 60 s/);
  settles({ a: { isConnected: false, sinceMs: late }, b: staged }, /^a could not begin within 60 s: it is silent/);
  settles({ a: { ...silent, sinceMs: late }, b: staged }, /^a could not begin within 60 s: staged, waiting for its turn, and it is silent/);
  const refusal = { message: 'gate ceph: osd.2 is down', atMs: 999_999 };
  t.match(
    nextActions(continuing({ a: { ...staged, refusal, sinceMs: late }, b: staged })).at(-1),
    { kind: 'pause', reason: /osd.2 is down/ },
    'what a gate refuses it would refuse the next one too',
  );
  settles({ a: { ...staged, illness: 'cordoned: its disk dies', sinceMs: late }, b: staged }, /^a could not begin within 60 s/);
  const granted: Given = { ...staged, slot: { state: 'granted' }, sinceMs: late, isConnected: true };
  for (const given of [granted, { ...granted, quarantine: 'two sessions' }])
    t.strictSame(wishes(continuing({ a: given, b: staged })), ['cancel a'], 'a granted slot is given back first');
  for (const kept of [{ refusal }, { isAsked: true }, { isPreparing: true }])
    t.match(nextActions(continuing({ a: { ...granted, ...kept }, b: staged })).at(-1), { kind: 'pause' }, 'it is kept from beginning');
  const other: Given = { ...staged, refusal, sinceMs: 2 * late };
  const parallel = { ...continuing({ a: granted, b: other }) };
  const spec = { ...parallel.plan.spec, mode: 'parallel', budget: 9 } as const;
  t.match(wishes({ ...parallel, plan: { ...parallel.plan, spec } }), ['cancel a'], 'who waits longer is not the one that keeps itself');
});

void t.test('what is no fault of a node pauses a rollout that continues', async (t) => {
  const pauses = (steps: Readonly<Record<string, Given>>, reason: RegExp): void => {
    t.match(
      nextActions(continuing(steps)).filter(({ kind }) => kind === 'settle' || kind === 'pause'),
      [{ kind: 'pause', reason }],
    );
  };
  const refusal = { message: 'budget cluster 1 of 1 used: demo9 (silent)', atMs: NOW_MS - 1 };
  const illness = 'unhealthy: not running: ceph-osd@4';
  pauses({ a: { ...staged, illness, isToBeMended: true, refusal, sinceMs: late }, b: staged }, /^a could not begin .* budget cluster/);
  const facts = step('a', { ...staged, refusal }, running);
  let seen = observeStep(undefined, facts, running, NOW_MS - late);
  seen = observeStep(seen, { ...facts, isConnected: false }, running, NOW_MS - 10_000);
  const given = continuing({ a: { ...staged, refusal, isConnected: false }, b: staged });
  const steps = given.steps.map((one) => (one.uid === facts.uid ? { ...one, milestones: seen } : one));
  t.match(nextActions({ ...given, steps }).at(-1), { kind: 'pause', reason: /budget cluster/ }, 'its connection broke just now');
});

void t.test('a rollout that continues gives no node up for its own fault once another was kept too long by no fault of its own', async (t) => {
  const ill: Given = { ...staged, illness: 'cordoned: its disk dies', sinceMs: late };
  const refusal = { message: 'gate ceph: osd.2 is down', atMs: NOW_MS - 1 };
  const given = continuing({ a: ill, b: { ...staged, refusal, sinceMs: late } });
  const spec = { ...given.plan.spec, mode: 'parallel', budget: 9 } as const;
  t.match(nextActions({ ...given, plan: { ...given.plan, spec } }).at(-1), { kind: 'pause', reason: /^b could not begin .* osd\.2 is down/ });
});

void t.test('a node whose slot lapses again and again, since it never begins, fails where the rollout continues', async (t) => {
  const facts = step('a', { ...staged, slot: { state: 'granted' } }, running);
  const at = (agoMs: number) => NOW_MS - agoMs;
  const given = continuing({ a: staged, b: staged });
  let seen = observeStep(undefined, facts, running, at(late));
  seen = observeStep(seen, step('a', staged, running), running, at(late / 2));
  const steps = given.steps.map((one) => (one.uid === facts.uid ? { ...one, milestones: seen } : one));
  t.match(
    nextActions({ ...given, steps }).filter(({ kind }) => kind === 'settle' || kind === 'pause'),
    [{ kind: 'settle', uid: 'uid-a', settlement: 'failed', message: /^a could not begin within 60 s/ }],
  );
});

void t.test(
  'a node that was given up keeps its slot, is told to drop what it has not begun, and succeeds if it ends well after all',
  async (t) => {
    const overdue: Given = { ...begun, record: { state: 'failed', message: 'not confirmed' } };
    t.strictSame(wishes(continuing({ a: overdue, b: staged })), ['grant b'], 'the budget decides whether b may go');
    t.strictSame(wishes(continuing({ a: { ...fetching, record: { state: 'failed' } }, b: staged })), ['cancel a', 'grant b']);
    const ended: Given = {
      record: { state: 'failed' },
      slot: { state: 'ended', outcome: 'installed', outcomeMessage: '2.14.17 is installed' },
    };
    t.match(nextActions(continuing({ a: ended, b: staged }))[0], { kind: 'free', uid: 'uid-a', settlement: 'succeeded' });
  },
);

void t.test('a node that was given up after its yes to begin, and comes back without an act, is to give its slot back', async (t) => {
  const unacted: Given = {
    record: { state: 'failed', message: 'not confirmed' },
    slot: { state: 'begun' },
    phase: 'staged',
    isAsleep: true,
  };
  const after = (state: RolloutStateRecord) => continuing({ a: unacted, b: done, c: done, d: staged }, 1, state);
  t.strictSame(wishes(after(running)), ['cancel a', 'grant d'], 'it is not asked to go on with what it was given up in');
  t.strictSame(wishes(after(rolloutState({ state: 'paused', reason: 'lunch' }))), ['cancel a'], 'nor may a pause keep it');
  const aborted = rolloutState({ state: 'aborted', reason: 'wrong release' });
  t.strictSame(wishes(after(aborted)), ['cancel a', 'cancel d'], 'or an abort');
  const resting = continuing({ a: { ...unacted, sinceMs: late } }, 1, aborted);
  t.match(waiting(resting), { isMoving: false, reason: /still to end: a: not confirmed/ }, 'while it does not, that is what is told');
  t.strictSame(wishes(continuing({ a: { ...unacted, isConnected: false }, b: done, d: staged })), ['grant d'], 'one that is away keeps it');
});

void t.test('a rollout that aborts on failure does so for failed nodes and for deadlines', async (t) => {
  const onFailure = { action: 'abort', tolerated: 0 } as const;
  t.match(nextActions(situation({ a: failed, b: staged }, running, { onFailure })).at(-1), { kind: 'abort', reason: /^a failed/ });
  t.match(nextActions(situation({ a: { ...fetching, sinceMs: late } }, running, { onFailure })).at(-1), {
    kind: 'abort',
    reason: /^a was not staged/,
  });
});

void t.test('what a rollout is paused for is said anew once its failed node has come to have failed otherwise', async (t) => {
  const before = 'a failed: needs an operator: post task failed';
  const paused = rolloutState({ state: 'paused', reason: before, pause: { cause: 'failure' } });
  const accepted: Given = { record: { state: 'failed', message: 'an operator accepted the node as it is' } };
  const anew = (given: Given, state = paused, spec = {}) =>
    nextActions(situation({ a: given, b: {} }, state, spec)).filter(({ kind }) => kind !== 'wait');
  const reason = 'a failed: an operator accepted the node as it is';
  t.strictSame(anew(accepted), [{ kind: 'pause', cause: 'failure', reason }]);
  t.strictSame(anew(accepted, { ...paused, reason }), [], 'once');
  t.strictSame(anew(accepted, { ...paused, pause: { cause: 'operator', by: 'operator/bob' } }), [], "somebody's own pause stands");
  t.strictSame(anew({ record: { state: 'pending' } }), [], 'nobody has failed: a deadline had passed');
  t.strictSame(anew({ ...accepted, hostname: 'uid-a', isEnrolled: false }), [], 'of one that was removed nobody would know the name');
  t.strictSame(anew(accepted, paused, { onFailure: { action: 'continue', tolerated: 1 } }), [], 'it is within what is tolerated');
});
