import t from 'tap';
import { standingMixture } from '../../agent/accepted/mixture.ts';
import type { SlotAnswer } from '../../agent/ports.ts';
import { YES_GOOD_MS } from '../../agent/slot-guard.ts';
import { UvsError } from '../../common/errors.ts';
import { eventually } from '../support/eventually.ts';
import { sampleToken } from '../support/sample-node.ts';
import { yes } from '../support/scripted-slots.ts';
import { operation, WatchedNode } from '../support/watched-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const no: SlotAnswer = { isYes: false, reason: 'it was taken back' };
const refused = ['UNREACHABLE', 'TOKEN_INVALID'] as const;

const disturbing = (heard: string): boolean => /^(?:stop|task|commit)/u.test(heard);

void t.test('every disturbing act asks right before it, and what restores service asks nobody', async (t) => {
  using watched = await new WatchedNode().build();
  await using runner = await watched.open();
  t.equal((await watched.run(runner)).outcome, 'installed');
  t.strictSame(watched.slots.heard, [
    'grant',
    'begin',
    'task pre',
    'confirm',
    'stop a.service',
    'confirm',
    'stop b.service',
    'confirm',
    'commit',
    'start b.service',
    'start a.service',
    'confirm',
    'task post',
    'confirm',
    'task cleanup',
  ]);
});

for (const reason of refused) {
  for (const nth of [1, 2, 3, 4, 5]) {
    void t.test(`${reason} at the ${nth}. confirmation: nothing disturbs the node any more, and it is as before`, async (t) => {
      using watched = await new WatchedNode().build();
      watched.slots.answer = (question, count) => {
        if (question !== 'confirm' || count < nth) return yes;
        if (reason === 'UNREACHABLE') {
          watched.slots.nowMs += 20;
          throw new UvsError('UNREACHABLE', 'the network is cut');
        }
        return no;
      };
      await using runner = await watched.open();
      t.match(await watched.run(runner), { outcome: 'rolled-back', message: new RegExp(`^${reason}: `) });
      const { heard } = watched.slots;
      const refusedAt = heard.lastIndexOf('confirm');
      const after = heard.slice(refusedAt + 1).filter(disturbing);
      // files can go back only while nothing reads them: that is part of restoring
      t.strictSame(after, nth >= 4 ? ['stop a.service', 'stop b.service'] : [], heard.join(', '));
      t.ok(watched.isAsBefore(), 'old files, services running');
    });
  }
}

void t.test('a yes to confirm that comes too late is asked for again', async (t) => {
  using watched = await new WatchedNode().build();
  watched.slots.answer = (question, count) => {
    if (question === 'confirm' && count === 1) watched.slots.nowMs += YES_GOOD_MS;
    return yes;
  };
  await using runner = await watched.open(60_000);
  t.equal((await watched.run(runner)).outcome, 'installed');
  t.strictSame(watched.slots.heard.slice(2, 6), ['task pre', 'confirm', 'confirm', 'stop a.service']);
});

void t.test('where no yes to confirm comes in time, the node goes back', async (t) => {
  using watched = await new WatchedNode().build();
  watched.slots.answer = (question, count) => {
    if (question === 'confirm' && count === 1) watched.slots.nowMs += YES_GOOD_MS;
    return yes;
  };
  {
    await using runner = await watched.open();
    // patience is shorter than what passed: the late yes is not used
    t.match(await watched.run(runner), { outcome: 'rolled-back', message: /^DEADLINE_EXCEEDED: .*too late/ });
  }
  t.ok(watched.isAsBefore());
});

void t.test('the ten seconds count from the moment of asking, on the boot-time clock', async (t) => {
  using watched = await new WatchedNode().build();
  watched.slots.answer = (question, count) => {
    // the answer was 9.999 s on its way, or the machine slept: the first is good, the second is not
    if (question === 'begin') watched.slots.nowMs += count === 1 ? YES_GOOD_MS : YES_GOOD_MS - 1;
    return yes;
  };
  await using runner = await watched.open();
  t.equal((await watched.run(runner)).outcome, 'installed');
  t.strictSame(watched.slots.heard.slice(0, 4), ['grant', 'begin', 'begin', 'task pre']);
});

/** Between its record and the act itself the machine may sleep, or its disk take long. */
const recorded = [
  { act: 'task pre', at: 'pre-task-recorded' },
  { act: 'stop a.service', at: 'services-recorded' },
  { act: 'task post', at: 'post-task-recorded' },
  { act: 'task cleanup', at: 'cleanup-task-recorded' },
] as const;

for (const { act, at } of recorded) {
  void t.test(`"${act}" asks once more where its yes has grown old while it was recorded`, async (t) => {
    using watched = await new WatchedNode().build();
    watched.onPoint = (point) => {
      if (point === at) watched.slots.nowMs += YES_GOOD_MS;
    };
    await using runner = await watched.open();
    t.equal((await watched.run(runner)).outcome, 'installed');
    const { heard } = watched.slots;
    const before = heard.slice(0, heard.indexOf(act));
    t.strictSame(before.slice(-2), act === 'task pre' ? ['begin', 'confirm'] : ['confirm', 'confirm'], heard.join(', '));
  });

  void t.test(`"${act}" is left where the answer is no by then, and the node is as before`, async (t) => {
    using watched = await new WatchedNode().build();
    watched.onPoint = (point) => {
      if (point !== at) return;
      watched.slots.nowMs += YES_GOOD_MS;
      watched.slots.answer = () => no;
    };
    await using runner = await watched.open();
    t.match(await watched.run(runner), { outcome: 'rolled-back', message: /^TOKEN_INVALID: / });
    const { heard } = watched.slots;
    const after = heard.slice(heard.lastIndexOf('confirm') + 1).filter(disturbing);
    // files that are in place go back only while nothing reads them
    t.strictSame(after, heard.includes('commit') ? ['stop a.service', 'stop b.service'] : [], heard.join(', '));
    t.ok(watched.isAsBefore(), 'old files, services running');
  });
}

void t.test('a begin that was abandoned ends as never acted, and a yes that comes later is ignored', async (t) => {
  using watched = await new WatchedNode().build();
  const late = Promise.withResolvers<SlotAnswer>();
  const stop = new AbortController();
  watched.slots.answer = (question) => {
    if (question !== 'begin') return yes;
    stop.abort(new UvsError('CANCELLED', 'the rollout was aborted'));
    return Promise.race([late.promise, new Promise<never>((_resolve, reject) => reject(new UvsError('CANCELLED', 'aborted')))]);
  };
  await using runner = await watched.open();
  t.match(await watched.run(runner, stop.signal), { outcome: 'never-acted', token: sampleToken });
  late.resolve(yes);
  t.match(await watched.run(runner), { outcome: 'never-acted' }, 'asked for again it stays ended');
  t.strictSame(watched.slots.heard.filter(disturbing), []);
  t.ok(watched.isAsBefore());
});

/** `goesOn`: what is still done; an act that has begun comes to its end, and files can go back only while nothing reads them. */
const revocations = [
  { when: 'while it waits for its slot', at: 'staged-recorded', outcome: 'never-acted', goesOn: [] },
  { when: 'just when it has begun', at: 'begun-recorded', outcome: 'never-acted', goesOn: [] },
  { when: 'after the services were stopped', at: 'services-stopped', outcome: 'rolled-back', goesOn: [] },
  { when: 'in the middle of the commit', at: 'half-of-files-renamed', outcome: 'rolled-back', goesOn: ['commit'] },
  { when: 'when the services run again', at: 'services-started', outcome: 'rolled-back', goesOn: ['stop a.service', 'stop b.service'] },
  { when: 'when all is done but the proof', at: 'cleanup-task-end-recorded', outcome: 'installed', goesOn: [] },
] as const;

for (const { when, at, outcome, goesOn } of revocations) {
  void t.test(
    `a slot that is taken back ${when}: the refusal is durable, service is restored, the end is the acknowledgement`,
    async (t) => {
      using watched = await new WatchedNode().build();
      {
        await using runner = await watched.open();
        const withdrawal = new AbortController();
        let revoked: Promise<void> | undefined;
        watched.onPoint = (point) => {
          if (point !== at || revoked !== undefined) return;
          watched.slots.heard.push('revoked');
          revoked = runner.revoke(operation, sampleToken, 'the operator wants it back');
          if (at === 'staged-recorded') withdrawal.abort(new UvsError('CANCELLED', 'the operator wants it back'));
        };
        const ended = await watched.run(runner, withdrawal.signal);
        await revoked;
        t.match(ended, { outcome, token: sampleToken });
        if (outcome !== 'installed' && at !== 'staged-recorded')
          t.match(ended.message, /the slot was taken back: the operator wants it back/);
        const { heard } = watched.slots;
        const after = heard.slice(heard.indexOf('revoked') + 1);
        const acts = after.filter(disturbing);
        // a commit that ends before the refusal is on the disk is followed by the start of the services, which stop once more to go back
        const isCommitted = at === 'half-of-files-renamed' && acts.length > 1;
        t.strictSame(acts, isCommitted ? [...goesOn, 'stop a.service', 'stop b.service'] : goesOn, heard.join(', '));
        if (outcome !== 'installed') t.ok(watched.isAsBefore(), 'old files, services running');
        t.match(await runner.openOperations(), [{ operation, ended: { outcome } }], 'kept until it is acknowledged');
      }
    },
  );
}

void t.test('a task that hangs is ended when its slot is taken back', async (t) => {
  using watched = await new WatchedNode().build();
  watched.onTask = (_name, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await using runner = await watched.open();
  const ending = watched.run(runner);
  await eventually('the task runs', () => watched.slots.heard.includes('task pre'));
  await runner.revoke(operation, sampleToken, 'it hangs');
  t.match(await ending, { outcome: 'rolled-back', message: /task pre was ended: the slot was taken back: it hangs/ });
  t.ok(watched.isAsBefore());
});

void t.test(
  'an agent that remembers nothing of an operation refuses it for ever, and needs an operator who looks at the node',
  async (t) => {
    using watched = await new WatchedNode().build();
    await using runner = await watched.open();
    await runner.revoke(operation, sampleToken, 'the disk was put back');
    const withdrawn = AbortSignal.abort(new UvsError('CANCELLED', 'the disk was put back'));
    const refused = { outcome: 'needs-operator', token: sampleToken, isLocal: false, message: /remembers nothing of it.*--accept/ };
    t.match(await watched.run(runner, withdrawn), refused);
    await runner.acknowledge(operation);
    t.match(await watched.run(runner), refused, 'a late grant changes nothing');
    await runner.settle(operation, { reason: 'looked at it', isMixed: false });
    t.match(
      await standingMixture({ path: watched.node.statePath }, { releases: [] }),
      /not known: this agent remembers nothing of the operation/,
    );
    await runner.acknowledge(operation);
    t.strictSame(await runner.endedOperations(), [{ operation, token: sampleToken, outcome: 'failed' }]);
    t.strictSame(watched.slots.heard, []);
  },
);

void t.test('after a restart in post the node serves at once, and disturbs again only once somebody has confirmed', async (t) => {
  using watched = await new WatchedNode().build();
  const cut = new Error('the agent dies');
  watched.onPoint = (point) => {
    if (point === 'post-recorded') throw cut;
  };
  {
    await using runner = await watched.open();
    await t.rejects(watched.run(runner), cut);
  }
  watched.onPoint = () => undefined;
  watched.active.clear();
  watched.slots.heard.length = 0;
  {
    await using runner = await watched.open();
    t.strictSame(await runner.recover({ abandon: false }), [], 'it is not over');
    t.strictSame(watched.slots.heard, ['start b.service', 'start a.service'], 'nobody was asked, nothing was disturbed');
    t.match(await runner.openOperations(), [{ operation, phase: 'post', ended: undefined }]);
    t.match(await watched.run(runner), { outcome: 'installed' });
    t.strictSame(
      watched.slots.heard.filter((heard) => !heard.startsWith('start')),
      ['confirm', 'task post', 'confirm', 'task cleanup'],
    );
  }
});

void t.test('an operation in post with tasks to run is taken back by recover, which asks nobody and says so', async (t) => {
  using watched = await new WatchedNode().build();
  const cut = new Error('the agent dies');
  watched.onPoint = (point) => {
    if (point === 'post-recorded') throw cut;
  };
  {
    await using runner = await watched.open();
    await t.rejects(watched.run(runner), cut);
  }
  watched.onPoint = () => undefined;
  await using runner = await watched.open();
  const message = /^CANCELLED: it was taken back by `uvs-agent recover` at the console, which asks no coordinator/;
  t.match(await runner.recover({ abandon: true }), [{ outcome: 'rolled-back', message }]);
  t.ok(watched.isAsBefore());
});
