import t from 'tap';
import { ActingNode, daemons, restart } from '../support/acting-node.ts';
import { FakeUnits } from '../support/fake-node.ts';
import { sampleToken } from '../support/sample-node.ts';
import { yes } from '../support/scripted-slots.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);

void t.test('units are restarted one after the other, monitors first, and each is asked for before the next', async (t) => {
  const units = new FakeUnits([...daemons, 'sshd.service']);
  using node = new ActingNode(units);
  await using runner = await node.open();
  const ended = await node.run(runner, restart('ceph-*@*.service'));
  t.match(ended, { outcome: 'done', token: sampleToken, message: /^restarted ceph-mon@a.service, .*ceph-mds@a.service$/ });
  t.strictSame(units.restarted, [
    'ceph-mon@a.service',
    'ceph-mgr@a.service',
    'ceph-osd@2.service',
    'ceph-osd@10.service',
    'ceph-mds@a.service',
  ]);
  t.strictSame(node.asked, ['begin', 'confirm', 'confirm', 'confirm', 'confirm']);
});

void t.test('a pattern means what runs or has failed; what somebody stopped stays stopped, unless it is named', async (t) => {
  const units = new FakeUnits(['ceph-mgr@a.service'], { 'ceph-mgr@b.service': 'stopped', 'ceph-mgr@c.service': 'failed' });
  using node = new ActingNode(units);
  {
    await using runner = await node.open();
    t.match(await node.run(runner, restart('ceph-mgr@*.service')), { outcome: 'done' });
    t.strictSame(units.restarted.splice(0), ['ceph-mgr@a.service', 'ceph-mgr@c.service']);
    await runner.acknowledge('op-1');
  }
  using second = new ActingNode(units);
  await using runner = await second.open();
  t.match(await second.run(runner, restart('ceph-mgr@b.service')), { outcome: 'done' });
  t.strictSame(units.restarted, ['ceph-mgr@b.service']);
});

void t.test(
  'a node where nothing matches patterns and targets is done with nothing, and one that has not what was named is not',
  async (t) => {
    const patterns = ['ceph-mgr@*.service', 'ceph-mgr.target'];
    for (const units of [new FakeUnits(['ceph-osd@1.service']), new FakeUnits([], { 'ceph-mgr@a.service': 'stopped' })]) {
      using node = new ActingNode(units);
      await using runner = await node.open();
      const message = 'nothing to restart: nothing that runs or has failed here matches ceph-mgr@*.service, ceph-mgr.target';
      t.match(await node.run(runner, restart(...patterns)), { outcome: 'done', message });
      t.strictSame(units.restarted, []);
    }
    using node = new ActingNode(new FakeUnits(['ceph-osd@1.service']));
    await using runner = await node.open();
    t.match(await node.run(runner, restart(...patterns, 'ceph-osd@*.service', 'ceph-mgr@b.service')), {
      outcome: 'failed',
      message: /^NOT_FOUND: no unit here matches/,
    });
  },
);

void t.test('a unit that is down is started, which does nothing to one that has come back by itself meanwhile', async (t) => {
  const units = new FakeUnits([], { 'ceph-osd@2.service': 'failed' });
  using node = new ActingNode(units);
  await using runner = await node.open();
  const osd = units.units.get('ceph-osd@2.service');
  units.onForgive = () => Object.assign(osd ?? {}, { isRunning: true, starts: 2 });
  t.match(await node.run(runner, restart('ceph-osd@2.service')), { outcome: 'done' });
  t.strictSame(units.restarted, []);
  t.strictSame(node.asked, ['begin']);
});

void t.test("a target stands for its services; the daemons' order is kept across targets", async (t) => {
  const units = new FakeUnits(daemons);
  units.targets.set('ceph.target', ['ceph-osd.target', 'ceph-mon.target', 'ceph.target']);
  units.targets.set('ceph-osd.target', ['ceph-osd@2.service', 'ceph-osd@10.service']);
  units.targets.set('ceph-mon.target', ['ceph-mon@a.service', 'sshd.service']);
  using node = new ActingNode(units);
  await using runner = await node.open();
  t.match(await node.run(runner, restart('ceph.target')), { outcome: 'done' });
  t.strictSame(units.restarted, ['ceph-mon@a.service', 'ceph-osd@2.service', 'ceph-osd@10.service']);
});

void t.test('only units of Ceph and those that the node itself names are restarted; a refusal disturbs nothing', async (t) => {
  for (const [pattern, message] of [
    ['sshd.service', /^PERMISSION_DENIED: sshd.service is not restarted on this node; units of Ceph are, and those that `services`/],
    ['nfs-*.service', /^PERMISSION_DENIED: /],
    ['ceph-osd@9.service', /^NOT_FOUND: no unit here matches/],
  ] as const) {
    const units = new FakeUnits(['sshd.service', 'nfs-ganesha.service']);
    using node = new ActingNode(units);
    await using runner = await node.open();
    t.match(await node.run(runner, restart(pattern)), { outcome: 'failed', message });
    t.strictSame([units.restarted, node.asked], [[], []]);
  }
  const units = new FakeUnits(['nfs-ganesha.service']);
  using node = new ActingNode(units);
  await using runner = await node.open();
  t.match(await node.run(runner, restart('nfs-ganesha.service')), { outcome: 'done' });
});

void t.test('a unit that does not come back needs an operator, and the next ones are left alone', async (t) => {
  const units = new FakeUnits(daemons);
  units.broken.add('ceph-osd@2.service');
  using node = new ActingNode(units);
  await using runner = await node.open();
  t.match(await node.run(runner, restart('ceph-osd@*.service', 'ceph-mds@a.service')), {
    outcome: 'needs-operator',
    message: /ceph-osd@2.service was restarted and does not run/,
  });
  t.strictSame(units.restarted, ['ceph-osd@2.service']);
});

void t.test('a slot that is taken away between two units ends the restart there', async (t) => {
  const units = new FakeUnits(daemons);
  using node = new ActingNode(units);
  node.answer = (question) => (question === 'begin' ? yes : { isYes: false, reason: 'the rollout was aborted' });
  await using runner = await node.open();
  t.match(await node.run(runner, restart('ceph-osd@*.service')), { outcome: 'failed', message: /^TOKEN_INVALID: / });
  t.strictSame(units.restarted, ['ceph-osd@2.service']);
});

void t.test('an agent that died before its first restart asks when it is back, and restarts nothing where its slot is gone', async (t) => {
  for (const point of ['restarting-recorded', 'units-recorded'] as const) {
    for (const isRevoked of [false, true]) {
      const what = `${point}, ${isRevoked ? 'and its journal says that the slot was taken back' : 'and its slot was taken by force meanwhile'}`;
      const units = new FakeUnits(daemons);
      using node = new ActingNode(units);
      await node.dieAt(point, restart('ceph-osd@*.service'));
      node.asked.length = 0;
      await using runner = await node.open();
      await runner.recover({ abandon: false });
      if (isRevoked) await runner.revoke('op-1', sampleToken, 'an operator took it back');
      else node.answer = () => ({ isYes: false, reason: 'an operator took it back' });
      t.match(await node.run(runner, undefined), { outcome: 'failed', message: /an operator took it back/ }, what);
      t.strictSame([node.asked, units.restarted], [isRevoked ? [] : ['confirm'], []], what);
    }
  }
});

void t.test('an agent that died in a restart restarts what is left, and nothing twice', async (t) => {
  for (const [point, twice] of [
    ['restarting-recorded', []],
    ['units-recorded', []],
    ['unit-restarted', []],
    ['confirming-recorded', []],
  ] as const) {
    const units = new FakeUnits(daemons);
    using node = new ActingNode(units);
    await node.dieAt(point, restart('ceph-osd@*.service'));
    await using runner = await node.open();
    t.strictSame(await runner.recover({ abandon: false }), [], `${point}: left to be gone on with under its slot`);
    const [open] = await runner.openOperations();
    t.match(open, { isInterrupted: true, token: sampleToken });
    t.match(await node.run(runner, undefined), { outcome: 'done', token: sampleToken }, point);
    t.strictSame(units.restarted, ['ceph-osd@2.service', 'ceph-osd@10.service', ...twice], point);
  }
});
