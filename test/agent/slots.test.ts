import { randomBytes } from 'node:crypto';
import t from 'tap';
import { apply } from '../../agent/commands/apply.ts';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import { recover } from '../../agent/commands/recover.ts';
import { readStatus } from '../../agent/commands/status.ts';
import type { Ended, PackageOrigin, SlotAnswer } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { YES_GOOD_MS } from '../../agent/slot-guard.ts';
import { UvsError } from '../../common/errors.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import type { PackageSource } from '../../common/upd/source.ts';
import { sampleToken } from '../support/sample-node.ts';
import { ScriptedSlots, yes } from '../support/scripted-slots.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, task, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const no: SlotAnswer = { isYes: false, reason: 'the rollout is paused' };

async function withNode(act: (node: TestNode, slots: ScriptedSlots) => Promise<void>): Promise<void> {
  using node = new TestNode();
  const tasks = [task('pre', 'pre', 'true'), task('post', 'post', 'true')];
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks });
  await act(node, new ScriptedSlots());
}

async function open(node: TestNode, slots: ScriptedSlots): Promise<Runner> {
  const setup = await consoleSetup(node.console());
  const bounds = { slots: { beginMs: 50, confirmMs: 50, retryMs: 5 }, fetchRetryMs: 1 };
  return await Runner.open({ ...setup, bounds }, { ...consolePorts(node.console()), clock: { nowMs: () => slots.nowMs } }, 'test');
}

async function run(
  node: TestNode,
  slots: ScriptedSlots,
  signal = new AbortController().signal,
  change?: (origin: PackageSource) => PackageSource,
): Promise<Ended> {
  await using source = await openFileSource(node.packagePath('one'));
  const origin: PackageOrigin = {
    open: () => Promise.resolve(change === undefined ? source : change(source)),
    contentKey: () => Promise.reject(new Error('not encrypted')),
  };
  await using runner = await open(node, slots);
  return await runner.runOperation({ operation: 'op-1', packageDigest: '', origin, slots }, signal);
}

void t.test('the token is confirmed before each disturbing act after the first', async (t) => {
  await withNode(async (node, slots) => {
    const ended = await run(node, slots);
    t.match(ended, { outcome: 'installed', token: sampleToken });
    t.strictSame(
      slots.asked,
      ['grant', 'begin', 'confirm', 'confirm'],
      'the pre task lives on the begin; commit and post task are confirmed',
    );
  });
});

void t.test('a yes to begin that is older than ten seconds is asked for again', async (t) => {
  await withNode(async (node, slots) => {
    slots.answer = (question, count) => {
      if (question === 'begin' && count === 1) slots.nowMs += YES_GOOD_MS;
      return yes;
    };
    t.equal((await run(node, slots)).outcome, 'installed');
    t.strictSame(slots.asked.slice(0, 3), ['grant', 'begin', 'begin']);
  });
});

void t.test('an answer that always comes too late disturbs nothing', async (t) => {
  await withNode(async (node, slots) => {
    const before = snapshot(node.root);
    slots.answer = () => {
      slots.nowMs += YES_GOOD_MS;
      return yes;
    };
    t.match(await run(node, slots), { outcome: 'never-acted', message: /^DEADLINE_EXCEEDED: / });
    t.strictSame(snapshot(node.root), before);
  });
});

void t.test('a no to begin ends as never acted, with the reason', async (t) => {
  await withNode(async (node, slots) => {
    const before = snapshot(node.root);
    slots.answer = () => no;
    t.match(await run(node, slots), { outcome: 'never-acted', token: sampleToken, message: /^TOKEN_INVALID: .*the rollout is paused/ });
    t.strictSame(snapshot(node.root), before);
  });
});

void t.test('a no before the commit goes back', async (t) => {
  await withNode(async (node, slots) => {
    const before = snapshot(node.root);
    slots.answer = (question) => (question === 'confirm' ? no : yes);
    t.match(await run(node, slots), { outcome: 'rolled-back', message: /^TOKEN_INVALID: / });
    t.strictSame(snapshot(node.root), before);
  });
});

void t.test('a question that got no answer is asked again', async (t) => {
  await withNode(async (node, slots) => {
    slots.answer = (_question, count) => {
      if (count === 1) throw new UvsError('UNREACHABLE', 'nobody is there');
      return yes;
    };
    t.equal((await run(node, slots)).outcome, 'installed');
    t.strictSame(slots.asked, ['grant', 'begin', 'begin', 'confirm', 'confirm', 'confirm']);
  });
});

void t.test(
  'a withdrawal while waiting for the slot ends as never acted; a stop of the agent leaves it open and it goes on without fetching again',
  async (t) => {
    await withNode(async (node, slots) => {
      const stop = new AbortController();
      const waiting = new Error('the agent stops');
      slots.awaitGrant = () => {
        stop.abort(waiting);
        return Promise.reject(waiting);
      };
      await t.rejects(run(node, slots, stop.signal), { message: 'the agent stops' });
      {
        await using runner = await open(node, slots);
        t.match(await runner.openOperations(), [{ operation: 'op-1', phase: 'staged', token: undefined, ended: undefined }]);
      }
      const again = new ScriptedSlots();
      const unreachable = (): PackageSource => {
        throw new UvsError('INTERNAL', 'nothing is to be fetched');
      };
      t.equal((await run(node, again, undefined, unreachable)).outcome, 'installed');
    });
    await withNode(async (node, slots) => {
      const withdrawn = new AbortController();
      slots.awaitGrant = () => {
        withdrawn.abort(new UvsError('CANCELLED', 'the rollout was aborted'));
        return Promise.reject(new Error('aborted'));
      };
      t.match(await run(node, slots, withdrawn.signal), { outcome: 'never-acted', message: 'CANCELLED: the rollout was aborted' });
    });
  },
);

void t.test('a connection that breaks while fetching is taken up again, and no byte is read twice', async (t) => {
  await withNode(async (node, slots) => {
    await node.build('one', { seq: 1, files: [file('noise', crypto.getRandomValues(new Uint8Array(65536)))] });
    const read = new Map<number, number>();
    let breaks = 3;
    const flaky = (source: PackageSource): PackageSource => ({
      sizeBytes: source.sizeBytes,
      read: async (offset, length, signal) => {
        if (breaks > 0 && offset > 0) {
          breaks -= 1;
          throw new UvsError('UNREACHABLE', 'the connection broke');
        }
        read.set(offset, (read.get(offset) ?? 0) + 1);
        return await source.read(offset, length, signal);
      },
    });
    const ended = await run(node, slots, undefined, flaky);
    t.equal(ended.outcome, 'installed');
    t.match(ended.outputTail, /UNREACHABLE: the connection broke; trying again/);
    t.strictSame(new Set(read.values()), new Set([1]), 'nothing is read twice');
  });
});

void t.test('segments that were staged and synced before a stop are not fetched again', async (t) => {
  await withNode(async (node, slots) => {
    const noise = randomBytes(9_000_000);
    await node.build('one', { seq: 1, files: [file('one', noise), file('two', noise.toReversed()), file('three', 'small')] });
    const setup = await consoleSetup(node.console());
    const run = async (stopAt: string, read: number[]): Promise<Ended> => {
      const stop = new AbortController();
      await using source = await openFileSource(node.packagePath('one'));
      const counting: PackageSource = {
        sizeBytes: source.sizeBytes,
        read: (offset, length, signal) => {
          read.push(offset);
          return source.read(offset, length, signal);
        },
      };
      const failpoints = { pass: (point: string) => (point === stopAt ? stop.abort(new Error('stopped')) : undefined) };
      await using runner = await Runner.open(
        { ...setup, bounds: { markEveryBytes: 1 } },
        { ...consolePorts(node.console()), failpoints },
        'test',
      );
      const origin = { open: () => Promise.resolve(counting), contentKey: () => Promise.reject(new Error('not encrypted')) };
      return await runner.runOperation({ operation: 'op-1', packageDigest: '', origin, slots }, stop.signal);
    };
    const first: number[] = [];
    await t.rejects(run('segments-marked', first), { message: 'stopped' });
    const second: number[] = [];
    t.equal((await run('', second)).outcome, 'installed');
    // the head is read in both runs, because everything is judged again
    const skipped = first.filter((offset) => !second.includes(offset));
    t.ok(skipped.length >= 1, 'what was marked, which goes on beside the fetching, was not read again');
    t.ok(second.length >= 4, 'and the others were');
    t.comment(`reads in the first run ${first.length}, in the second ${second.length}`);
  });
});

void t.test('the end is remembered until it is acknowledged, and an operation is never done twice', async (t) => {
  await withNode(async (node, slots) => {
    await run(node, slots);
    await using runner = await open(node, slots);
    t.match(await runner.openOperations(), [{ operation: 'op-1', phase: 'done', token: sampleToken, ended: { outcome: 'installed' } }]);
    await runner.acknowledge('op-1');
    t.strictSame(await runner.openOperations(), []);
    const origin = { open: () => Promise.reject(new Error('not again')), contentKey: () => Promise.reject(new Error('not again')) };
    const again = await runner.runOperation({ operation: 'op-1', packageDigest: '', origin, slots }, new AbortController().signal);
    t.equal(again.outcome, 'installed');
    let output = '';
    for await (const part of runner.readOutput('op-1')) output += part;
    t.match(output, /Running post task post/);
  });
});

void t.test('an end that is still to be acknowledged does not take back what was installed after it', async (t) => {
  await withNode(async (node, slots) => {
    await run(node, slots);
    await node.build('two', { seq: 2, files: [file('a', 'b')] });
    await apply(node.console(), { file: node.packagePath('two'), noSlotReason: 'a test' }, new AbortController().signal);
    await recover(node.console());
    const { installed, operations } = await readStatus(node);
    t.match(operations, [{ operation: 'op-1', phase: 'done' }]);
    t.match(installed.components, [{ component: 'uvs', releaseSeq: 2 }]);
    t.match(await run(node, slots), { outcome: 'installed' }, 'nor when its coordinator asks for it again');
    t.match((await readStatus(node)).installed.components, [{ releaseSeq: 2 }]);
  });
});

void t.test('an operation runs while the end of an earlier one is acknowledged', async (t) => {
  await withNode(async (node, slots) => {
    await run(node, slots);
    const tasks = Array.from({ length: 10 }, (_none, count) => task('pre', `quick-${count}`, ''));
    await node.build('two', { seq: 2, files: [file('a', 'b')], tasks });
    await using source = await openFileSource(node.packagePath('two'));
    const acknowledged: Promise<void>[] = [];
    const failpoints = {
      pass: (point: string) => {
        if (point === 'begun-recorded') acknowledged.push(runner.acknowledge('op-1'));
      },
    };
    const setup = await consoleSetup(node.console());
    await using runner = await Runner.open(setup, { ...consolePorts(node.console()), failpoints }, 'test');
    const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
    const ended = await runner.runOperation({ operation: 'op-2', packageDigest: '', origin, slots }, new AbortController().signal);
    await Promise.all(acknowledged);
    t.equal(ended.outcome, 'installed');
    t.match(await runner.openOperations(), [{ operation: 'op-2', phase: 'done' }]);
  });
});
