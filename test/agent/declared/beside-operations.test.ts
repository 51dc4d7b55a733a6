import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import t from 'tap';
import { consolePorts, consoleSetup } from '../../../agent/commands/console.ts';
import { KeeperLoop } from '../../../agent/declared/loop.ts';
import type { Ended } from '../../../agent/ports.ts';
import { Runner } from '../../../agent/runner.ts';
import { UvsError } from '../../../common/errors.ts';
import { openFileSource } from '../../../common/upd/file-source.ts';
import { eventually } from '../../support/eventually.ts';
import { patience } from '../../support/patience.ts';
import { ScriptedSlots } from '../../support/scripted-slots.ts';
import { file, task, TestNode } from '../../support/update-node.ts';

t.setTimeout(120_000 * patience);

interface Wanted {
  readonly hash: string;
}

/** A node's operations and a loop beside them, each of which knows of the other as the daemon has it. */
async function scene() {
  const node = new TestNode();
  await node.build('one', { seq: 1, files: [file('opt/app', 'one')] });
  await node.build('fails', { seq: 1, files: [file('opt/app', 'one')], tasks: [task('post', 'fails', 'false')] });
  const scene = { looks: 0, hold: undefined as Promise<void> | undefined, points: [] as string[], looksWhenDone: 0, failAt: '' };
  const slots = new ScriptedSlots();
  const stored: Wanted[] = [];
  const loop = new KeeperLoop<Wanted, object>(
    {
      name: 'limits',
      stored: { read: async () => stored.at(-1), write: async (wanted) => void stored.push(wanted) },
      isNothing: () => false,
      keep: async () => {
        scene.looks += 1;
        await scene.hold;
        return {};
      },
      nothing: {},
      mendedIn: () => 0,
    },
    {
      isBusy: () => runner.isMidway,
      onReport: () => undefined,
      onMended: () => undefined,
      everyMs: 10,
      busyMs: 5,
      slowMs: 1e6,
      log: pino({ level: 'silent' }),
    },
  );
  const pass = (point: string): void => {
    scene.points.push(point);
    if (point === 'done-recorded') scene.looksWhenDone = scene.looks;
    if (point === scene.failAt) throw new UvsError('NO_SPACE', 'the disk is full');
  };
  const ports = { ...consolePorts(node.console()), looksOver: () => loop.settled(), failpoints: { pass } };
  const runner = await Runner.open(await consoleSetup(node.console()), ports, 'test');
  return {
    runner,
    loop,
    scene,
    slots,
    run: async (name: string): Promise<Ended> => {
      await using source = await openFileSource(node.packagePath(name));
      const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
      return await runner.runOperation({ operation: `op-${name}`, packageDigest: '', origin, slots }, new AbortController().signal);
    },
    [Symbol.asyncDispose]: async () => {
      loop[Symbol.dispose]();
      await runner[Symbol.asyncDispose]();
      node[Symbol.dispose]();
    },
  };
}

void t.test(
  'an operation that has begun while something is looked at disturbs nothing before that look is over, and none begins',
  async (t) => {
    await using s = await scene();
    const [turn, looking] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const grant = s.slots.awaitGrant.bind(s.slots);
    s.slots.awaitGrant = async () => {
      await turn.promise;
      return await grant();
    };
    await s.loop.take({ hash: 'a' });
    const running = s.run('one');
    await eventually('it is staged', () => s.scene.points.includes('staged-recorded'));
    const before = s.scene.looks;
    await eventually('it is looked at while it waits', () => s.scene.looks > before + 2);
    s.scene.hold = looking.promise;
    const held = s.scene.looks;
    await eventually('a look is under way', () => s.scene.looks > held);
    turn.resolve();
    await eventually('it has begun', () => s.scene.points.includes('begun-recorded'));
    await delay(100);
    t.equal(s.scene.points.at(-1), 'begun-recorded', 'it waits');
    const last = s.scene.looks;
    s.scene.hold = undefined;
    looking.resolve();
    t.match(await running, { outcome: 'installed' });
    t.ok(s.scene.points.includes('committing-recorded'));
    t.equal(s.scene.looksWhenDone, last, 'no look was begun before it was over');
    await eventually('it is looked at again', () => s.scene.looks > last);
  },
);

void t.test('nothing is looked at while an operation is half back that nobody runs for now', async (t) => {
  await using s = await scene();
  await s.loop.take({ hash: 'a' });
  await eventually('it is looked at', () => s.scene.looks > 0);
  s.scene.failAt = 'back-recorded';
  await t.rejects(s.run('fails'), { message: 'the disk is full' });
  t.match(await s.runner.openOperations(), [{ phase: 'back', isInterrupted: true }]);
  const before = s.scene.looks;
  await delay(100);
  t.equal(s.scene.looks, before);
  s.scene.failAt = '';
  t.match(await s.run('fails'), { outcome: 'rolled-back' });
  await eventually('it is looked at again', () => s.scene.looks > before);
});
