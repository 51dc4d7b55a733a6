import t from 'tap';
import { nextActions } from '../../coordinator/rollout.ts';
import { firstDeadline } from '../../coordinator/rollout-deadlines.ts';
import { placeSteps, type RolloutSituation } from '../../coordinator/rollout-situation.ts';
import { turnOf } from '../../coordinator/rollout-turn.ts';
import { describeStep } from '../../coordinator/rollout-waiting.ts';
import { rolloutState } from '../support/domain-records.ts';
import { begun, done, fetching, NOW_MS, running, situation, staged, waiting, wishes, type Given } from '../support/situations.ts';

const paused = rolloutState({ state: 'paused', reason: 'lunch' });
const aborted = rolloutState({ state: 'aborted', reason: 'wrong release' });

void t.test('nodes stage ahead in the order of the plan, no more at once than the limit, and only those that are heard', async (t) => {
  t.strictSame(wishes(situation({ a: {}, b: { isConnected: false }, c: {}, d: {} })), ['assign a', 'assign c']);
  t.strictSame(wishes(situation({ a: fetching, b: {}, c: {} })), ['assign b']);
  t.strictSame(wishes(situation({ a: fetching, b: fetching, c: {} })), []);
  const silent: Given = { ...fetching, isConnected: false };
  t.strictSame(wishes(situation({ a: silent, b: silent, c: {} })), [], 'a new leader has not heard anybody yet');
  t.strictSame(
    wishes(situation({ a: { ...silent, sinceMs: 31_000 }, b: silent, c: {} })),
    ['assign c'],
    'one that is gone fetches nothing',
  );
});

void t.test('an assignment that the node does not show is sent again', async (t) => {
  t.strictSame(wishes(situation({ a: { record: { state: 'staging' } } })), ['repeat-assign a']);
  t.strictSame(wishes(situation({ a: { record: { state: 'staging' }, isConnected: false } })), []);
});

void t.test('a node that has begun and shows no act is asked again, so that an agent that died on its yes goes on', async (t) => {
  const asleep: Given = { ...begun, phase: 'staged', isAsleep: true };
  t.strictSame(wishes(situation({ a: asleep, b: staged })), ['repeat-assign a']);
  t.strictSame(wishes(situation({ a: begun, b: staged })), [], 'one that acts is left alone');
  t.strictSame(wishes(situation({ a: { ...fetching, isAsleep: true } })), ['repeat-assign a'], 'also one that died while it fetched');
  t.strictSame(wishes(situation({ a: begun, b: { ...staged, isAsleep: true } })), ['repeat-assign b'], 'or while it waited for its turn');
  const granted: Given = { ...staged, slot: { state: 'granted' } };
  t.strictSame(wishes(situation({ a: { ...granted, isAsleep: true } })), ['repeat-assign a', 'repeat-grant a'], 'or on its grant');
  t.strictSame(wishes(situation({ a: { ...asleep, isConnected: false }, b: staged })), [], 'one that is away can be told nothing');
  t.strictSame(wishes(situation({ a: asleep, b: staged }, paused)), ['cancel a'], 'in a paused rollout it is to give its turn back');
  t.strictSame(wishes(situation({ a: asleep, b: done }, aborted)), ['cancel a'], 'in an aborted one as well');
});

void t.test(
  'an agent that was started anew is asked again for what its journal holds, and granted nothing before it has taken it up',
  async (t) => {
    const asleep: Given = { ...staged, isAsleep: true };
    t.strictSame(wishes(situation({ a: asleep })), ['repeat-assign a']);
    t.strictSame(wishes(situation({ a: { ...fetching, isAsleep: true } })), ['repeat-assign a']);
    t.strictSame(wishes(situation({ a: { ...asleep, slot: { state: 'granted' } } })), ['repeat-assign a', 'repeat-grant a']);
  },
);

void t.test('a slot that its node does not use is waited for, and soon that is said', async (t) => {
  const granted = (sinceMs: number): RolloutSituation => situation({ a: { ...staged, slot: { state: 'granted' }, sinceMs }, b: staged });
  t.match(waiting(granted(500)), { isMoving: true });
  t.match(waiting(granted(5_000)), { isMoving: false, reason: 'a: it has its slot and has not begun' });
  const begunOnly: Given = { ...staged, slot: { state: 'begun' }, phaseMessage: 'Ready to begin, waiting for its turn', sinceMs: 5_000 };
  t.match(waiting(situation({ a: begunOnly })), {
    isMoving: false,
    reason: 'a: it was told that it may begin, and has not said anything since',
  });
});

void t.test('while etcd does not take what is decided that is what is waited for, however the nodes move', (t) => {
  const written = (unwrittenMs: number): RolloutSituation => ({ ...situation({ a: fetching, b: staged }), unwrittenMs });
  t.match(waiting(written(500)), { isMoving: true });
  t.match(waiting(written(5_000)), {
    isMoving: false,
    reason: 'etcd has not taken for 5 s what is to be decided; until then: a: Fetching 42 % 38 MB/s',
  });
  t.end();
});

void t.test('a rolling rollout grants the first in line only, and waits for it while it is not staged', async (t) => {
  t.strictSame(wishes(situation({ a: staged, b: staged })), ['grant a']);
  t.strictSame(wishes(situation({ a: fetching, b: staged })), []);
  t.match(waiting(situation({ a: fetching, b: staged })), { isMoving: true, reason: 'a: Fetching 42 % 38 MB/s' });
  t.strictSame(wishes(situation({ a: done, b: staged, c: staged })), ['grant b']);
  t.strictSame(wishes(situation({ a: begun, b: staged })), [], 'nobody is granted while one is out');
  t.strictSame(wishes(situation({ a: { ...staged, isConnected: false }, b: staged })), []);
  t.match(waiting(situation({ a: { ...staged, isConnected: false }, b: staged })), { isMoving: false, reason: /^a: .*silent/ });
});

void t.test('a parallel rollout grants whoever is staged, up to its own budget', async (t) => {
  const spec = { mode: 'parallel', budget: 2 } as const;
  t.strictSame(wishes(situation({ a: fetching, b: staged, c: staged, d: staged }, running, spec)), ['grant b', 'grant c']);
  t.strictSame(wishes(situation({ a: begun, b: staged, c: staged }, running, spec)), ['grant b']);
});

void t.test('a grant that was refused is tried again after a while, and the reason is what is waited for', async (t) => {
  const refused = (agoMs: number): RolloutSituation =>
    situation({ a: { ...staged, refusal: { message: 'gate ceph: osd.2 is down', atMs: NOW_MS - agoMs } }, b: staged });
  t.strictSame(wishes(refused(1_000)), []);
  t.match(waiting(refused(1_000)), { isMoving: false, reason: 'a: gate ceph: osd.2 is down' });
  t.strictSame(wishes(refused(5_000)), ['grant a']);
});

void t.test('what was refused is said of a staged node while it is asked about, and no longer once nobody asks', async (t) => {
  const refusal = { message: 'gate ceph: osd.2 is down', atMs: NOW_MS - 200_000 };
  const said = (before: Given, state = running): string => {
    const asked = situation({ a: before, b: { ...staged, refusal } }, state, { mode: 'parallel', budget: 1 });
    const steps = placeSteps(asked);
    return steps[1] === undefined ? '' : describeStep(steps[1], turnOf(asked, steps));
  };
  t.equal(said(done), 'gate ceph: osd.2 is down');
  t.equal(said(begun), 'staged, waiting for its turn');
  t.equal(said(done, rolloutState({ state: 'paused' })), 'staged, and the rollout is paused');
});

void t.test('in a parallel rollout a refused node does not hold up the others', async (t) => {
  const refusal = { message: 'a is cordoned', atMs: NOW_MS };
  t.strictSame(wishes(situation({ a: { ...staged, refusal }, b: staged }, running, { mode: 'parallel', budget: 1 })), ['grant b']);
});

void t.test('a granted slot is told until the node begins; one that lapsed is granted anew', async (t) => {
  t.strictSame(wishes(situation({ a: { ...staged, slot: { state: 'granted' } } })), ['repeat-grant a']);
  t.strictSame(wishes(situation({ a: { record: { state: 'granted' }, phase: 'staged' } })), ['grant a']);
});

void t.test('what has ended is freed with what it came to, in every state of the rollout', async (t) => {
  for (const state of [running, paused, aborted]) {
    for (const [outcome, settlement] of [
      ['installed', 'succeeded'],
      ['rolled-back', 'failed'],
      ['failed', 'failed'],
      ['never-acted', state === aborted ? 'skipped' : 'pending'],
    ] as const) {
      const ended = situation(
        { a: { record: { state: 'staging' }, slot: { state: 'ended', outcome, outcomeMessage: 'so it went' } }, b: done },
        state,
      );
      t.match(
        nextActions(ended)[0],
        { kind: 'free', uid: 'uid-a', operation: 'op-a', settlement, message: 'so it went' },
        `${state.state} ${outcome}`,
      );
    }
  }
});

void t.test('what has ended on a node that is not heard, or whose health was just denied, stays and is told', async (t) => {
  const slotEnded = { state: 'ended', outcome: 'installed' } as const;
  const silent = situation({ a: { record: { state: 'staging' }, slot: slotEnded, isConnected: false } });
  t.strictSame(wishes(silent), []);
  t.match(waiting(silent), { isMoving: false, reason: /a: it has ended.*silent/ });
  const denied = situation({
    a: { record: { state: 'staging' }, slot: slotEnded, refusal: { message: 'gate ceph: osd.2 is not up yet', atMs: NOW_MS } },
  });
  t.strictSame(wishes(denied), []);
  t.match(waiting(denied), { isMoving: false, reason: 'a: it has ended, gate ceph: osd.2 is not up yet' });
  const asked = (sinceMs: number) => situation({ a: { record: { state: 'staging' }, slot: slotEnded, sinceMs } });
  t.match(waiting(asked(500)), { isMoving: true });
  t.match(waiting(asked(5_000)), { isMoving: false, reason: 'a: it has ended, its health is being checked' }, 'no answer for a while');
});

void t.test('a node that went back has failed at once, whatever keeps its slot', async (t) => {
  const refusal = { message: 'gate storage: osd.5 has slow ops', atMs: NOW_MS };
  const wentBack: Given = {
    record: { state: 'confirming' },
    slot: { state: 'ended', outcome: 'rolled-back', outcomeMessage: 'not healthy within 600 s' },
  };
  t.strictSame(wishes(situation({ a: wentBack })), ['free a'], 'healthy again, that is one transaction');
  for (const denied of [
    { ...wentBack, refusal },
    { ...wentBack, isConnected: false },
  ]) {
    const [first] = nextActions(situation({ a: denied, b: staged }));
    t.strictSame(first, { kind: 'settle', uid: 'uid-a', settlement: 'failed', message: 'not healthy within 600 s' });
    const settled: Given = { ...denied, record: { state: 'failed', message: 'not healthy within 600 s' } };
    t.match(nextActions(situation({ a: settled, b: staged })), [{ kind: 'pause', reason: 'a failed: not healthy within 600 s' }]);
  }
  const held: Given = { ...wentBack, record: { state: 'failed', message: 'not healthy within 600 s' } };
  t.strictSame(wishes(situation({ a: held }, paused)), ['free a'], 'its slot is freed once it is healthy');
  const reason = 'paused; still to end: a: it has failed and keeps its slot, gate storage: osd.5 has slow ops';
  t.match(waiting(situation({ a: { ...held, refusal } }, paused)), { isMoving: false, reason });
  const installed: Given = { ...wentBack, slot: { state: 'ended', outcome: 'installed' }, refusal };
  t.strictSame(wishes(situation({ a: installed })), [], 'what may still succeed is waited for');
});

void t.test('while nothing may begin anywhere, that is what is waited for, however busy the nodes look', async (t) => {
  const held: RolloutSituation = { ...situation({ a: begun, b: staged }), holdReason: 'etcd was put back' };
  t.match(waiting(held), { isMoving: false, reason: 'etcd was put back' });
  t.match(waiting({ ...situation({ a: begun, b: staged }, paused), holdReason: 'etcd was put back' }), {
    isMoving: false,
    reason: /^paused; still to end: a: .*; etcd was put back$/,
  });
  const failed: Given = { record: { state: 'failed', message: 'it is not so any more' } };
  const forgetful: RolloutSituation = { ...situation({ a: failed, b: {}, c: staged }), holdReason: 'etcd was put back', isPutBack: true };
  t.strictSame(nextActions(forgetful), [{ kind: 'wait', isMoving: false, reason: 'etcd was put back' }], 'and nothing is done on its word');
});

void t.test('a node that has left an earlier operation to an operator is waited for, and does not seem to move', async (t) => {
  const phaseMessage = 'NEEDS_OPERATOR: operation op-0 needs an operator first';
  const needy: Given = { ...fetching, phaseMessage };
  t.match(waiting(situation({ a: needy })), { isMoving: true });
  t.match(waiting(situation({ a: { ...needy, isWithOperator: true } })), { isMoving: false, reason: `a: ${phaseMessage}` });
});

void t.test('the first failure pauses the rollout with its reason; others go on to their end', async (t) => {
  const failed = situation({ a: { record: { state: 'failed', message: 'TASK_FAILED: post task exited 3' } }, b: staged, c: begun });
  t.strictSame(nextActions(failed), [{ kind: 'pause', cause: 'failure', reason: 'a failed: TASK_FAILED: post task exited 3' }]);
});

void t.test('a node that needs an operator fails its step, keeps its slot and pauses the rollout', async (t) => {
  const needy: Given = {
    record: { state: 'staging' },
    slot: { state: 'ended', outcome: 'needs-operator', outcomeMessage: 'post task failed' },
  };
  t.strictSame(wishes(situation({ a: needy, b: staged })), ['settle a']);
  const settled: Given = { ...needy, record: { state: 'failed', message: 'needs an operator: post task failed' } };
  t.strictSame(wishes(situation({ a: settled, b: staged })), ['pause']);
  t.strictSame(wishes(situation({ a: settled, b: staged }, paused)), []);
  t.match(waiting(situation({ a: settled, b: staged }, paused)), { isMoving: false, reason: /a: it needs an operator: post task failed/ });
  const anew: Given = { ...begun, record: { ...settled.record, outcome: 'needs-operator' }, phase: 'back' };
  t.match(
    waiting(situation({ a: anew }, paused)),
    { isMoving: false, reason: /a: needs an operator: post task failed/ },
    'etcd was put back',
  );
  const resumed = rolloutState({ attempt: 2 });
  t.match(
    nextActions(situation({ a: settled, b: staged }, resumed)),
    [{ kind: 'pause', reason: 'a failed: needs an operator: post task failed' }],
    'a resume changes nothing about it, and does not stand still either',
  );
  t.strictSame(wishes(situation({ a: settled, b: staged }, aborted)), ['cancel b'], 'nor does an aborted rollout end');
});

void t.test('a node that needs an operator is waited for, and that is said, also where etcd has lost its end', async (t) => {
  const needy: Given = { ...begun, phase: 'needs-operator', phaseMessage: '' };
  const reason =
    /a: it needs an operator: see the output of (op-\S+)\. Put the node in order, then, on it: systemctl stop uvs-agent; uvs-agent recover --accept \1 --reason TEXT; systemctl start/;
  t.match(waiting(situation({ a: needy, b: staged })), { isMoving: false, reason });
  t.match(waiting(situation({ a: needy, b: staged }, paused)), { isMoving: false, reason });
});

void t.test('after a resume a failed step is tried again as a new operation', async (t) => {
  const failed: Given = { record: { state: 'failed', message: 'x', attempt: 1 } };
  t.strictSame(wishes(situation({ a: failed, b: staged }, rolloutState({ attempt: 2 }))), ['assign a']);
});

void t.test('a pause takes back what has not begun and leaves the rest', async (t) => {
  const steps = { a: { ...staged, slot: { state: 'granted' } }, b: fetching, c: staged, d: begun, e: {} } as const;
  t.strictSame(wishes(situation(steps, paused, { mode: 'parallel', budget: 5 })), ['cancel a', 'cancel b']);
  t.match(waiting(situation(steps, paused)), { isMoving: true, reason: /^paused; still to end: a: .*; d: post$/ });
});

void t.test(
  'a step that cannot be taken back by its node is taken back without it, and during a pause once it has said what it has',
  async (t) => {
    const unheard: Given = { record: { state: 'staging' }, isConnected: false };
    t.strictSame(wishes(situation({ a: unheard }, paused)), [], 'what it has staged is not thrown away');
    t.strictSame(wishes(situation({ a: { ...unheard, isConnected: true, phase: 'staged' } }, paused)), []);
    t.match(nextActions(situation({ a: { ...unheard, isConnected: true } }, paused)), [
      { kind: 'cancel' },
      { kind: 'settle', settlement: 'pending' },
    ]);
    t.match(nextActions(situation({ a: unheard }, aborted))[0], { kind: 'settle', settlement: 'skipped' });
  },
);

void t.test('an aborted rollout ends when nobody holds a slot for it', async (t) => {
  t.strictSame(wishes(situation({ a: done, b: begun, c: staged, d: {} }, aborted)), ['cancel c']);
  t.strictSame(wishes(situation({ a: done, b: begun, d: {} }, aborted)), []);
  t.strictSame(nextActions(situation({ a: done, b: { record: { state: 'failed' } }, c: {} }, aborted)), [
    { kind: 'end', state: 'aborted' },
  ]);
  t.strictSame(nextActions(situation({ a: begun }, { ...aborted, endedAt: 5 })), []);
});

void t.test('a rollout has succeeded when every node is done or left out', async (t) => {
  t.strictSame(nextActions(situation({ a: done, b: { record: { state: 'skipped' } } })), [{ kind: 'end', state: 'succeeded' }]);
});

void t.test('a node that left the cluster is left out', async (t) => {
  t.strictSame(wishes(situation({ a: { isEnrolled: false }, b: {} })), ['settle a', 'assign b']);
});

void t.test('a step whose slot was taken away has failed', async (t) => {
  t.match(nextActions(situation({ a: { record: { state: 'begun' } } }))[0], {
    kind: 'settle',
    settlement: 'failed',
    message: /taken away/,
  });
});

void t.test('deadlines pause with the node, the limit and what was waited for', async (t) => {
  const late = 61_000;
  const pauses = (steps: Readonly<Record<string, Given>>, reason: RegExp): void => {
    t.match(nextActions(situation(steps)).at(-1), { kind: 'pause', reason });
  };
  pauses({ a: { ...fetching, sinceMs: late } }, /^a was not staged within 60 s: Fetching 42 %/);
  pauses({ a: { ...begun, sinceMs: late }, b: staged }, /^a was not confirmed within 60 s of its beginning: post/);
  const refusal = { message: 'budget cluster 1 of 1 used: osd9 (silent)', atMs: NOW_MS };
  pauses({ a: { ...staged, refusal, sinceMs: late }, b: staged }, /^a could not begin within 60 s: budget cluster 1 of 1 used/);
  pauses({ a: { isConnected: false, sinceMs: late }, b: staged }, /^a could not begin within 60 s: it is silent/);
});

void t.test('what is shown as deadline is that which pauses first, and a rollout that pauses at it is not before it', async (t) => {
  const shown = (given: RolloutSituation) => firstDeadline(given, placeSteps(given));
  const of = (sinceMs: number) => ({ sinceMs: NOW_MS - sinceMs, untilMs: NOW_MS - sinceMs + 60_000 });
  for (const a of [fetching, begun, staged, { isConnected: false }]) {
    for (const [sinceMs, isPause] of [
      [59_000, false],
      [61_000, true],
    ] as const) {
      const given = situation({ a: { ...a, sinceMs } });
      t.strictSame(shown(given), of(sinceMs));
      t.equal(wishes(given).includes('pause'), isPause, `${JSON.stringify(a)} after ${sinceMs} ms`);
    }
  }
  t.strictSame(shown(situation({ a: { ...fetching, sinceMs: 1_000 }, b: { ...fetching, sinceMs: 9_000 } })), of(9_000));
  t.equal(shown(situation({ a: begun, b: { ...staged, sinceMs: 90_000 } }))?.sinceMs, NOW_MS, 'nobody waits for a turn while others move');
  t.equal(shown(situation({ a: { ...begun, sinceMs: 9_000 } }, paused)), undefined);
});

void t.test("waiting for one's turn has no deadline while others move", async (t) => {
  t.notOk(wishes(situation({ a: begun, b: { ...staged, sinceMs: 90_000 } })).includes('pause'));
  t.notOk(wishes(situation({ a: { ...done, sinceMs: 10_000 }, b: { ...staged, sinceMs: 90_000 } })).includes('pause'));
});

void t.test('a node that gives its turn back again and again has failed', async (t) => {
  const given = situation({ a: { record: { state: 'pending', message: 'never-acted: disk busy' } } });
  const tired = given.steps.map((one) => ({ ...one, milestones: { ...one.milestones, operations: 3 } }));
  t.match(nextActions({ ...given, steps: tired })[0], { kind: 'settle', settlement: 'failed', message: /3 times: never-acted: disk busy/ });
});

void t.test('ten thousand steps are decided in a moment', async (t) => {
  const many = situation(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`n${index}`, staged])), running, {
    mode: 'parallel',
    budget: 50,
  });
  const startedMs = performance.now();
  const grants = nextActions(many).filter((action) => action.kind === 'grant');
  t.equal(grants.length, 50);
  t.ok(performance.now() - startedMs < 1_000, `took ${Math.round(performance.now() - startedMs)} ms`);
});
