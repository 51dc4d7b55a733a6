import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import type { Ended } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, TestNode } from '../support/update-node.ts';
import { fakeServices } from '../support/fake-services.ts';
import { runOperation } from '../support/run-operation.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const never = new AbortController().signal;

void t.test('services that run are stopped in order and started in reverse; one that does not start takes the node back', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('a', 'a')], services: ['x.service', 'idle.service', 'y.service'] });
  const calls: string[] = [];
  const active = new Set(['x.service', 'y.service']);
  let isBroken = true;
  const services = fakeServices({
    reload: () => {
      calls.push('reload');
      return Promise.resolve();
    },
    isActive: (unit) => Promise.resolve(active.has(unit)),
    stop: (unit) => {
      calls.push(`stop ${unit}`);
      active.delete(unit);
      return Promise.resolve();
    },
    start: (unit) => {
      calls.push(`start ${unit}`);
      if (!(isBroken && unit === 'x.service' && existsSync(join(node.root, 'a')))) active.add(unit);
      return Promise.resolve();
    },
  });
  const before = snapshot(node.root);
  const run = async (operation: string): Promise<Ended> => {
    await using source = await openFileSource(node.packagePath('one'));
    await using runner = await Runner.open(await consoleSetup(node.console()), { ...consolePorts(node.console()), services }, 'test');
    const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
    const ended = await runner.runOperation({ operation, packageDigest: '', origin, slots: undefined }, never);
    await runner.acknowledge(operation);
    return ended;
  };
  const failed = await run('op-1');
  const once = ['stop x.service', 'stop y.service', 'reload', 'start y.service', 'start x.service'];
  t.match(failed, { outcome: 'rolled-back', message: /^SERVICE_FAILED: x.service was started and does not run/ });
  t.strictSame(snapshot(node.root), before);
  t.strictSame([...active].sort(), ['x.service', 'y.service'], 'they run on the old release');
  t.strictSame(calls, [
    // forward, where the first of them does not run
    ...once,
    // and back, when the files are as before
    ...once,
  ]);
  isBroken = false;
  calls.length = 0;
  t.equal((await run('op-2')).outcome, 'installed');
  t.strictSame(calls, ['stop x.service', 'stop y.service', 'reload', 'start y.service', 'start x.service']);
});

void t.test('a rollback that would stop what the agent runs in is refused at staging, before a slot is asked for', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('a', 'one')] });
  await node.build('two', { seq: 2, files: [file('a', 'two')], services: ['holder.service'] });
  const calls: string[] = [];
  const services = fakeServices({
    isActive: () => Promise.resolve(true),
    stop: (unit) => Promise.resolve(void calls.push(`stop ${unit}`)),
    start: () => Promise.resolve(),
  });
  for (const name of ['one', 'two']) t.match(await runOperation(node, name, { services }, `op-${name}`), { outcome: 'installed' });
  calls.length = 0;
  const along = { ...services, stopsWith: () => Promise.resolve(['uvs-agent.service']) };
  await using runner = await Runner.open(await consoleSetup(node.console()), { ...consolePorts(node.console()), services: along }, 'test');
  const release = (await runner.installed()).components[0]?.manifestHash ?? '';
  const origin = { open: () => Promise.reject(new Error('nothing is fetched')), contentKey: () => Promise.reject(new Error('nothing')) };
  const action = { kind: 'rollback', release, version: '2.14.2' } as const;
  const ended = await runner.runOperation({ operation: 'op-back', packageDigest: '', origin, action, slots: undefined }, never);
  t.match(ended, {
    outcome: 'failed',
    message: /^SERVICE_FORBIDDEN: uvs-agent\.service, which stops with holder\.service, can't be stopped/,
  });
  t.strictSame(calls, []);
});
