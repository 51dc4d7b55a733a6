import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import type { UnitState } from '../../agent/ports.ts';
import { ServiceWatch } from '../../agent/service-watch.ts';

/** A service manager that counts how often it was asked. */
function manager(mainPids: Readonly<Record<string, number>>) {
  const failed = new Set<string>();
  const asked: string[] = [];
  return {
    failed,
    asked,
    services: { isAvailable: () => Promise.resolve(true) },
    units: {
      state: (unit: string): Promise<UnitState> => {
        asked.push(unit);
        if (unit === 'unknown.service') return Promise.reject(new Error('no such unit'));
        const isRunning = !failed.has(unit);
        return Promise.resolve({ unit, isRunning, isWanted: true, start: '1', mainPid: mainPids[unit] ?? 0 });
      },
    },
  };
}

void t.test('a unit whose main process lives is asked about seldom, and at once when that has ended', async (t) => {
  const processes = new Map([[7, 'first']]);
  let nowMs = 0;
  const { services, units, failed, asked } = manager({ 'osd.service': 7 });
  const watch = new ServiceWatch({
    services,
    units,
    names: ['osd.service'],
    limitMs: 1_000,
    nowMs: () => nowMs,
    processOf: (pid) => processes.get(pid),
  });
  for (; nowMs < 100_000; nowMs += 5_000) t.strictSame(await watch.failed('known'), []);
  t.equal(asked.length, 1);

  processes.set(7, 'another with the same id');
  failed.add('osd.service');
  t.strictSame(await watch.failed('known'), ['osd.service']);
  t.strictSame(await watch.failed('known'), ['osd.service']);
  t.equal(asked.length, 3, 'what fails is asked about each time');

  failed.clear();
  t.strictSame(await watch.failed('known'), []);
  nowMs += 120_000;
  t.strictSame(await watch.failed('known'), []);
  t.equal(asked.length, 5, 'and what runs again after a while, whatever its process does');
});

void t.test('a main process that ended while the service manager answered is no evidence', async (t) => {
  const { services, units, asked } = manager({ 'osd.service': 7 });
  const watch = new ServiceWatch({ services, units, names: ['osd.service'], limitMs: 1_000, nowMs: () => 0, processOf: () => undefined });
  await watch.failed('known');
  await watch.failed('known');
  t.equal(asked.length, 2);
});

void t.test('a unit without a main process is asked about every half minute', async (t) => {
  let nowMs = 0;
  const { services, units, asked } = manager({});
  const watch = new ServiceWatch({ services, units, names: ['ceph-osd.target'], limitMs: 1_000, nowMs: () => nowMs });
  for (; nowMs <= 60_000; nowMs += 5_000) await watch.failed('known');
  t.equal(asked.length, 3);
});

void t.test('where something is decided by it the service manager is asked', async (t) => {
  const { services, units, failed } = manager({ 'a.service': process.pid, 'b.service': process.pid });
  const watch = new ServiceWatch({ services, units, names: ['b.service', 'unknown.service', 'a.service'], limitMs: 1_000, nowMs: () => 0 });
  t.strictSame(await watch.failed('known'), ['unknown.service'], 'what cannot be asked about counts as failed');
  failed.add('a.service').add('b.service');
  t.strictSame(await watch.failed('known'), ['unknown.service']);
  t.strictSame(await watch.failed('asked'), ['b.service', 'unknown.service', 'a.service']);
});

void t.test('the process is looked at where it is: in /proc', async (t) => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const { services, units, asked } = manager({ 'a.service': child.pid ?? 0 });
  const watch = new ServiceWatch({ services, units, names: ['a.service'], limitMs: 1_000, nowMs: () => 0 });
  await watch.failed('known');
  await watch.failed('known');
  t.equal(asked.length, 1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await watch.failed('known');
  t.equal(asked.length, 2);
});

void t.test('without a service manager nothing fails', async (t) => {
  const { units } = manager({});
  const watch = new ServiceWatch({
    services: { isAvailable: () => Promise.resolve(false) },
    units,
    names: ['a.service'],
    limitMs: 1_000,
    nowMs: () => 0,
  });
  t.strictSame(await watch.failed('asked'), []);
});
