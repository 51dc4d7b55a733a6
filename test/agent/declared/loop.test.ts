import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import t from 'tap';
import type { LimitKeeper } from '../../../agent/limits/keeper.ts';
import { foreseenLimits, keptLimits, type ReportedLimits } from '../../../agent/limits/kept-limits.ts';
import { KeeperLoop, type KeeperLoopOptions } from '../../../agent/declared/loop.ts';
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

void t.test('that nothing is limited any more is carried out as well, and then nothing is looked at', async (t) => {
  const scene = makeScene();
  using loop = scene.loop(t.testdir());
  await loop.take({ hash: 'b'.repeat(64), rules: [] });
  await eventually('it was told', () => scene.told.length === 1);
  t.same(scene.told, [{ hash: 'b'.repeat(64), units: [], trouble: '' }]);
  t.same(scene.kept, ['']);
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
  t.match(scene.told, [{ units: [], trouble: 'the disk is full' }]);
  isFailing = false;
  await eventually('it was told that it is well', () => scene.told.length === 2);
  t.match(scene.told[1], { units: [inForce], trouble: '' });
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
