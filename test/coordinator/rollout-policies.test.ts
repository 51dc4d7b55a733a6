import t from 'tap';
import { nextActions } from '../../coordinator/rollout.ts';
import type { RolloutStateRecord } from '../../coordinator/domain.ts';
import { observeStep } from '../../coordinator/rollout-step.ts';
import { rolloutState } from '../support/domain-records.ts';
import { begun, done, fetching, NOW_MS, running, situation, staged, step, waiting, wishes, type Given } from '../support/situations.ts';

const silent: Given = { ...staged, isConnected: false };
const failed: Given = { record: { state: 'failed', message: 'post task ended with 1' } };
const late = 61_000;

function continuing(steps: Readonly<Record<string, Given>>, tolerated = 1, state = running, more = {}) {
  return situation(steps, state, { onFailure: { action: 'continue', tolerated } }, more);
}

void t.test('a rollout that continues goes on past failed nodes up to its limit, and then pauses with their reasons', async (t) => {
  t.strictSame(wishes(continuing({ a: failed, b: staged })), ['grant b']);
  t.match(nextActions(continuing({ a: failed, b: failed, c: staged })).at(-1), {
    kind: 'pause',
    reason: '2 nodes failed, and it goes on past 1 only: a failed: post task ended with 1; b failed: post task ended with 1',
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

void t.test(
  'a rollout that continues gives no node up for its own fault once another was kept too long by no fault of its own',
  async (t) => {
    const ill: Given = { ...staged, illness: 'cordoned: its disk dies', sinceMs: late };
    const refusal = { message: 'gate ceph: osd.2 is down', atMs: NOW_MS - 1 };
    const given = continuing({ a: ill, b: { ...staged, refusal, sinceMs: late } });
    const spec = { ...given.plan.spec, mode: 'parallel', budget: 9 } as const;
    t.match(nextActions({ ...given, plan: { ...given.plan, spec } }).at(-1), {
      kind: 'pause',
      reason: /^b could not begin .* osd\.2 is down/,
    });
  },
);

void t.test(
  'a node that never begins has the whole time from when it got its slot, and then it fails and the rollout does not pause',
  async (t) => {
    const GATES_MS = 3_000;
    const slotted = step('a', { ...staged, slot: { state: 'granted' } }, running);
    const after = (grantedAgoMs: number, other: Given) => {
      let seen = observeStep(undefined, step('a', staged, running), running, NOW_MS - grantedAgoMs - GATES_MS);
      seen = observeStep(seen, slotted, running, NOW_MS - grantedAgoMs);
      const given = continuing({ a: { ...staged, slot: { state: 'granted' } }, b: other });
      const spec = { ...given.plan.spec, mode: 'parallel', budget: 9 } as const;
      const steps = given.steps.map((one) => (one.uid === slotted.uid ? { ...one, milestones: seen } : one));
      return wishes({ ...given, plan: { ...given.plan, spec }, steps }).filter((wish) => !/grant/.test(wish));
    };
    const refusal = { message: 'budget cluster 1 of 1 used: a (updating)', atMs: NOW_MS - 1 };
    for (const other of [
      { ...done, sinceMs: 2 * late },
      { ...staged, refusal, sinceMs: 1.5 * late },
    ]) {
      t.strictSame(after(59_000, other), [], 'the gates were asked before, for as long as they took');
      t.strictSame(after(late, other), ['cancel a']);
    }
    t.strictSame(
      after(1_000, { ...staged, refusal, sinceMs: 2 * late }),
      ['pause'],
      'where one has its slot after the other, not for ever',
    );
  },
);

void t.test('the time in which a node that had its slot was refused to begin is none of its own', async (t) => {
  const refusal = { message: 'gate ceph: osd.2 is down', atMs: NOW_MS };
  const slotted: Given = { ...staged, slot: { state: 'granted' } };
  const given = continuing({ a: slotted, b: { ...done, sinceMs: 2 * late } });
  const after = (refused: Given) => {
    let seen = observeStep(undefined, step('a', slotted, running), running, NOW_MS - late);
    for (const agoMs of [late - 1_000, 1_000]) seen = observeStep(seen, step('a', refused, running), running, NOW_MS - agoMs);
    seen = observeStep(seen, step('a', slotted, running), running, NOW_MS);
    return wishes({ ...given, steps: given.steps.map((one) => (one.hostname === 'a' ? { ...one, milestones: seen } : one)) });
  };
  t.strictSame(after({ ...staged, refusal }), ['repeat-grant a']);
  t.strictSame(after({ ...slotted, refusal }), ['repeat-grant a']);
  t.strictSame(after(staged), ['cancel a'], 'one whose slot lapsed could have begun all the while');
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
