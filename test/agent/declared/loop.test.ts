import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import t, { type Test } from 'tap';
import type { LimitKeeper } from '../../../agent/limits/keeper.ts';
import { foreseenLimits, keptLimits, type ReportedLimits, type WantedLimitsOfNode } from '../../../agent/limits/kept-limits.ts';
import { KeeperLoop, type KeeperLoopOptions } from '../../../agent/declared/loop.ts';
import { UvsError } from '../../../common/errors.ts';
import { eventually } from '../../support/eventually.ts';

const hash = 'a'.repeat(64);
const limits = { hash, rules: [{ unit: 'ceph-osd@*.service', values: { TasksMax: '100' } }] };
const inForce = { unit: 'ceph-osd@3.service', state: 'in-force', message: '', mended: [] } as const;

interface Scene {
  readonly kept: string[];
  readonly told: ReportedLimits[];
  readonly mended: number[];
  isBusy: boolean;
  readonly loop: (state: string, more?: Partial<KeeperLoopOptions> & { readonly keeper?: Parameters<typeof keptLimits>[1] }) => LimitLoop;
}

type LimitLoop = ReturnType<typeof loopOf>;

function loopOf(...[kept, options]: [ReturnType<typeof keptLimits>, KeeperLoopOptions]) {
  return new KeeperLoop(kept, options);
}

function makeScene(): Scene {
  const kept: string[] = [];
  const told: ReportedLimits[] = [];
  const mended: number[] = [];
  const keep: LimitKeeper['keep'] = async (rules) => {
    kept.push(rules.map(({ pattern, values }) => `${pattern} ${[...values.keys()].join()}`).join('; '));
    return rules.length === 0 ? [] : [inForce];
  };
  const scene: Scene = {
    kept,
    told,
    mended,
    isBusy: false,
    loop: (path, { keeper = { keep }, ...more } = {}) => {
      const log = pino({ level: 'silent' });
      const loop = loopOf(keptLimits({ path }, keeper, log), {
        isBusy: () => scene.isBusy,
        onReport: () => told.push(...(loop.report === undefined ? [] : [loop.report])),
        onMended: (count) => mended.push(count),
        everyMs: 20,
        busyMs: 5,
        slowMs: 1e6,
        log,
        ...more,
      });
      return loop;
    },
  };
  return scene;
}

void t.test('limits are carried out when they come, told once, and looked at again and again', async (t) => {
  const scene = makeScene();
  using loop = scene.loop(t.testdir());
  await loop.start();
  await loop.take(limits);
  await eventually('they were looked at three times', () => scene.kept.length >= 3);
  t.same(scene.told, [{ hash, units: [inForce], trouble: '' }], 'nothing has changed since');
  t.same(loop.report, scene.told[0]);
});

void t.test('what is put back again and again is counted and told each time, though it is the same', async (t) => {
  const scene = makeScene();
  let looks = 0;
  const keep: LimitKeeper['keep'] = async () => {
    looks += 1;
    const mended = looks === 1 || looks > 3 ? [] : ['TasksMax'];
    return [inForce, { ...inForce, mended }];
  };
  using loop = scene.loop(t.testdir(), { keeper: { keep } });
  await loop.take(limits);
  await eventually('it was looked at', () => looks >= 5);
  t.same(
    scene.told.map(({ units }) => units[1]?.mended),
    [[], ['TasksMax'], ['TasksMax'], []],
  );
  t.same(scene.mended, [1, 1]);
});

void t.test('they hold across a restart of the agent, without a coordinator', async (t) => {
  const scene = makeScene();
  const state = t.testdir();
  {
    using before = scene.loop(state, { everyMs: 1e6 });
    await before.take(limits);
  }
  scene.kept.length = 0;
  using loop = scene.loop(state, { everyMs: 1e6 });
  await loop.start();
  await eventually('they were carried out', () => scene.kept.length === 1);
  await loop.take(limits);
  await loop.take({ hash: 'b'.repeat(64), rules: [] });
  await eventually('others were carried out', () => scene.kept.length === 2);
  t.same(scene.kept, ['ceph-osd@*.service TasksMax', ''], 'the same were not looked at twice');
});

void t.test('while an operation goes on they wait', async (t) => {
  const scene = makeScene();
  scene.isBusy = true;
  let asked = 0;
  using loop = scene.loop(t.testdir(), { isBusy: () => (asked++, scene.isBusy) });
  await loop.take(limits);
  await eventually('it was asked often', () => asked > 3);
  t.equal(scene.kept.length, 0);
  scene.isBusy = false;
  await eventually('they were carried out', () => scene.kept.length > 0);
});

void t.test('what happens to the units while they are looked at has them looked at again', async (t) => {
  const looking = Promise.withResolvers<void>();
  let looks = 0;
  const keep: LimitKeeper['keep'] = async () => {
    looks += 1;
    if (looks === 1) await looking.promise;
    return [inForce];
  };
  using loop = makeScene().loop(t.testdir(), { keeper: { keep }, everyMs: 1e6 });
  await loop.take(limits);
  await eventually('they are being looked at', () => looks === 1);
  loop.lookAgain();
  looking.resolve();
  await eventually('they were looked at again', () => looks === 2);
});

void t.test('a look that hangs is named in the log, once, while operations wait for it', async (t) => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const looking = Promise.withResolvers<void>();
  const keep: LimitKeeper['keep'] = async () => {
    await looking.promise;
    return [inForce];
  };
  using loop = makeScene().loop(t.testdir(), { keeper: { keep }, everyMs: 1e6, slowMs: 50, log });
  await loop.take(limits);
  await eventually('it is named', () => lines.length > 0);
  t.match(lines, [/"what":"limits","seconds":0.05,"msg":"a look is not over: /]);
  looking.resolve();
  await eventually('it is over', () => loop.report !== undefined);
  await delay(100);
  t.equal(lines.length, 1);
});

void t.test('that nothing is limited any more is carried out as well, and then nothing is looked at', async (t) => {
  const directory = t.testdir({ nothing: {}, limits: {} });
  const scene = makeScene();
  using loop = scene.loop(join(directory, 'nothing'));
  await loop.take({ hash: 'b'.repeat(64), rules: [] });
  await eventually('it was told', () => scene.told.length === 1);
  t.same(scene.told, [{ hash: 'b'.repeat(64), units: [], trouble: '' }]);
  const other = makeScene();
  using busy = other.loop(join(directory, 'limits'));
  await busy.take(limits);
  await eventually('another with limits has looked three times, as often', () => other.kept.length >= 3);
  t.same(scene.kept, ['']);
});

/** Stores in memory, as slowly as a disk, and fails where it is full. */
function slowStore<T>(disk: { isFull: boolean; tries: number; written: T[] }) {
  return {
    read: async () => disk.written.at(-1),
    write: async (content: T) => {
      // whoever comes first takes longest
      disk.tries += 1;
      await delay(Math.max(1, 60 - 20 * disk.tries));
      if (disk.isFull) throw new UvsError('NO_SPACE', 'the disk is full');
      disk.written.push(content);
    },
  };
}

void t.test('of orders that come while one is being written the last counts, in memory and on the disk', async (t) => {
  const disk = { isFull: false, tries: 0, written: [] as WantedLimitsOfNode[] };
  const scene = makeScene();
  const options = {
    isBusy: () => false,
    onReport: () => undefined,
    onMended: () => undefined,
    everyMs: 1e6,
    busyMs: 5,
    slowMs: 1e6,
    log: pino({ level: 'silent' }),
  };
  const keep: LimitKeeper['keep'] = async (rules) => (scene.kept.push(rules.map(({ pattern }) => pattern).join()), []);
  using loop = new KeeperLoop({ ...keptLimits({ path: t.testdir() }, { keep }, options.log), stored: slowStore(disk) }, options);
  const orders = ['a', 'b', 'c'].map((name) => ({ hash: name.repeat(64), rules: [{ unit: `${name}.service`, values: {} }] }));
  await Promise.all(orders.map(async (order) => await loop.take(order)));
  await eventually('it was looked at', () => scene.kept.includes('c.service'));
  t.equal(disk.written.at(-1)?.hash, 'c'.repeat(64));
  t.equal(scene.kept.at(-1), 'c.service');
});

void t.test('an order that can not be stored is told, not carried out, and tried again without being told anew', async (t) => {
  const disk = { isFull: true, tries: 0, written: [] as WantedLimitsOfNode[] };
  const scene = makeScene();
  const log = pino({ level: 'silent' });
  let reports = 0;
  const keep: LimitKeeper['keep'] = async () => (scene.kept.push('kept'), [inForce]);
  using loop = new KeeperLoop(
    { ...keptLimits({ path: t.testdir() }, { keep }, log), stored: slowStore(disk) },
    { isBusy: () => false, onReport: () => (reports += 1), onMended: () => undefined, everyMs: 1e6, busyMs: 5, slowMs: 1e6, log },
  );
  await loop.take(limits);
  t.match(loop.report, { hash, units: { length: 0 }, trouble: "it can't be stored: the disk is full" });
  await eventually('it was tried again', () => disk.tries >= 3);
  t.same([scene.kept, reports], [[], 1]);
  disk.isFull = false;
  await eventually('it is carried out', () => loop.report?.trouble === '');
  t.same(disk.written, [limits]);
});

/** A node that was told limits, and whose disk takes no others from now on. */
async function fullScene(t: Test, everyMs: number) {
  const disk = { isFull: false, tries: 0, written: [] as WantedLimitsOfNode[] };
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
  const scene = { kept: [] as string[], mended: [] as number[], trouble: '' };
  const keep: LimitKeeper['keep'] = async (rules) => {
    scene.kept.push(rules.map(({ pattern }) => pattern).join());
    if (scene.trouble !== '') throw new UvsError('NO_SPACE', scene.trouble);
    return [{ ...inForce, mended: disk.isFull ? ['TasksMax'] : [] }];
  };
  const loop = new KeeperLoop(
    { ...keptLimits({ path: t.testdir() }, { keep }, log), stored: slowStore(disk) },
    { isBusy: () => false, onReport: () => undefined, onMended: (count) => scene.mended.push(count), everyMs, busyMs: 5, slowMs: 1e6, log },
  );
  await loop.take(limits);
  await eventually('it is carried out', () => scene.kept.length > 0);
  disk.isFull = true;
  const logged = (message: string): number => lines.filter((line) => line.includes(message)).length;
  return { loop, disk, scene, logged, [Symbol.dispose]: () => loop[Symbol.dispose]() };
}

const other = { hash: 'b'.repeat(64), rules: [{ unit: 'b.service', values: {} }] };

void t.test('what was declared before is kept on while the disk does not take what is declared now', async (t) => {
  using s = await fullScene(t, 20);
  const { loop, disk, scene } = s;
  await loop.take(other);
  const before = scene.kept.length;
  await eventually('it is looked at again and again', () => scene.kept.length > before + 3);
  t.same([...new Set(scene.kept)], ['ceph-osd@*.service']);
  t.match(loop.report, { hash: other.hash, trouble: "it can't be stored: the disk is full" });
  t.ok(scene.mended.length > 0, 'what is put back is counted');
  disk.isFull = false;
  await eventually('the other one is carried out', () => loop.report?.trouble === '');
  t.equal(scene.kept.at(-1), 'b.service');
});

void t.test(
  'it is looked at no more often than ever while the other one is tried to be stored, but when something has happened',
  async (t) => {
    using s = await fullScene(t, 1e6);
    const { loop, disk, scene } = s;
    const tried = async (): Promise<void> => {
      const before = disk.tries;
      await eventually('it is tried again and again to store the other one', () => disk.tries > before + 5);
    };
    await loop.take(other);
    await tried();
    t.equal(scene.kept.length, 1);
    loop.lookAgain();
    await tried();
    t.same([scene.kept.length, scene.mended], [2, [1]]);
  },
);

void t.test('a full disk that keeps anything from being done is one line in the log of each kind', async (t) => {
  using s = await fullScene(t, 10);
  const { loop, disk, scene, logged } = s;
  const keptAgain = async (): Promise<void> => {
    const before = scene.kept.length;
    await eventually('it is looked at again and again', () => scene.kept.length > before + 3);
  };
  scene.trouble = 'no space for a drop-in';
  await loop.take(other);
  await keptAgain();
  t.same([logged('could not be stored'), logged('could not be kept')], [1, 1]);
  scene.trouble = 'no space for another';
  await keptAgain();
  t.equal(logged('could not be kept'), 2, 'another trouble is told');
  scene.trouble = '';
  await keptAgain();
  scene.trouble = 'no space for another';
  await keptAgain();
  t.same([logged('could not be stored'), logged('could not be kept')], [1, 3], 'so is the same after it was well');
  disk.isFull = false;
  scene.trouble = '';
  await eventually('the other one is carried out', () => loop.report?.trouble === '');
});

void t.test('what goes wrong is told, and tried again', async (t) => {
  const scene = makeScene();
  let isFailing = true;
  const keep: LimitKeeper['keep'] = async () => {
    if (isFailing) throw new Error('the disk is full');
    return [inForce];
  };
  using loop = scene.loop(t.testdir(), { keeper: { keep } });
  await loop.take(limits);
  await eventually('it was told', () => scene.told.length === 1);
  t.match(scene.told, [{ units: { length: 0 }, trouble: 'the disk is full' }]);
  isFailing = false;
  await eventually('it was told that it is well', () => scene.told.length === 2);
  t.same(scene.told[1], { hash, units: [inForce], trouble: '' });
});

void t.test('a node whose services are not limited says why, where it has limits to keep', async (t) => {
  const scene = makeScene();
  using loop = scene.loop(t.testdir(), { keeper: 'its root is a sandbox' });
  await loop.take(limits);
  await eventually('it was told', () => scene.told.length === 1);
  t.same(scene.told, [{ hash, units: [], trouble: 'its root is a sandbox' }]);
});

void t.test('a stored file that is damaged keeps no agent from starting, and the coordinator tells them again', async (t) => {
  const scene = makeScene();
  const state = t.testdir();
  writeFileSync(join(state, 'limits.json'), '{"hash":');
  using loop = scene.loop(state);
  await loop.start();
  t.equal(scene.kept.length, 0);
  await loop.take(limits);
  await eventually('they were carried out', () => scene.kept.length > 0);
});

void t.test(
  'where no limits are set at all that is told of those that nobody has set, too, and what the machine can not tell',
  async (t) => {
    const { rules } = limits;
    t.match(await foreseenLimits('its root is a sandbox')(rules), { trouble: 'its root is a sandbox' });
    t.match(await foreseenLimits('its root is a sandbox')([]), { trouble: '' });
    const dumb = { foresee: () => Promise.reject(new Error('systemd does not answer')) };
    t.match(await foreseenLimits(dumb)(rules), { trouble: 'systemd does not answer' });
  },
);
