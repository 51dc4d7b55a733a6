import t from 'tap';
import { consolePorts, recoverySetup } from '../../agent/commands/console.ts';
import { readStatus } from '../../agent/commands/status.ts';
import type { FailpointName } from '../../agent/failpoints.ts';
import type { NodePorts } from '../../agent/operation-context.ts';
import type { Ended, Services, SlotAnswer, SlotKeeper } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { YES_GOOD_MS } from '../../agent/slot-guard.ts';
import type { NodeAction } from '../../common/node-action.ts';
import { FakeMachine, FakeUnits } from '../support/fake-node.ts';
import { sampleToken } from '../support/sample-node.ts';
import { TestNode } from '../support/update-node.ts';

t.setTimeout(60_000);
const yes: SlotAnswer = { isYes: true, reason: '' };
const restart = (...units: readonly string[]): NodeAction => ({ kind: 'restart', units });
const reboot: NodeAction = { kind: 'reboot' };

const systemd: Services = {
  isAvailable: () => Promise.resolve(true),
  stop: () => Promise.resolve(),
  start: () => Promise.resolve(),
  isActive: () => Promise.resolve(true),
  isRunning: () => Promise.resolve(true),
};

/** The agent's death: thrown out of a failpoint, and nothing is journalled after it. */
class Death extends Error {}

/** A node whose agent can be started again and again over one state directory. */
class ActingNode implements Disposable {
  readonly node = new TestNode();
  readonly asked: string[] = [];
  readonly printed: string[] = [];
  answer: (question: string) => SlotAnswer = () => yes;
  /** What each look at the clock adds. */
  tickMs = 0;
  readonly #units: FakeUnits;
  readonly #machine: FakeMachine;
  #nowMs = 1_000;

  constructor(units: FakeUnits = new FakeUnits([]), machine: FakeMachine = new FakeMachine()) {
    this.#units = units;
    this.#machine = machine;
  }

  /** As if the machine had slept. */
  sleep(ms: number): void {
    this.#nowMs += ms;
  }

  async open(ports: Partial<NodePorts> = {}): Promise<Runner> {
    const node = this.node.console();
    const limits = { slots: { beginMs: 50, confirmMs: 50, retryMs: 5 }, runningMs: 0, rebootMs: 30_000 };
    const setup = { ...recoverySetup(node), restartable: ['nfs-ganesha.service'], limits };
    const clock = { nowMs: () => (this.#nowMs += this.tickMs) };
    return await Runner.open(
      setup,
      { ...consolePorts(node), services: systemd, units: this.#units, machine: this.#machine, clock, ...ports },
      'test',
    );
  }

  /** @param stopping as when the agent is told to end */
  async run(runner: Runner, action: NodeAction | undefined, stopping?: AbortSignal): Promise<Ended> {
    const slots: SlotKeeper = {
      awaitGrant: () => Promise.resolve(sampleToken),
      begin: () => this.#ask('begin'),
      confirm: () => this.#ask('confirm'),
      judge: () => Promise.resolve({ verdict: 'healthy', reason: '' }),
    };
    const origin = { open: () => Promise.reject(new Error('no package')), contentKey: () => Promise.reject(new Error('no package')) };
    const request = {
      operation: 'op-1',
      packageDigest: '',
      origin,
      slots,
      ...(action === undefined ? {} : { action }),
      ...(stopping === undefined ? {} : { stopping }),
    };
    return await runner.runOperation(request, new AbortController().signal);
  }

  /** Lets the agent die at a point, and starts it again. */
  async dieAt(point: FailpointName, action: NodeAction): Promise<void> {
    const isDead = new AbortController();
    const failpoints = {
      pass: (passed: FailpointName) => {
        if (passed === point) isDead.abort();
        if (isDead.signal.aborted) throw new Death(point);
      },
    };
    const runner = await this.open({ failpoints });
    try {
      await Promise.race([
        this.run(runner, action),
        new Promise((_resolve, reject) => isDead.signal.addEventListener('abort', () => reject(new Death(point)), { once: true })),
      ]);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    } finally {
      await runner[Symbol.asyncDispose]();
    }
  }

  async #ask(question: string): Promise<SlotAnswer> {
    this.asked.push(question);
    return this.answer(question);
  }

  [Symbol.dispose](): void {
    this.node[Symbol.dispose]();
  }
}

const daemons = ['ceph-mds@a.service', 'ceph-osd@10.service', 'ceph-osd@2.service', 'ceph-mgr@a.service', 'ceph-mon@a.service'];

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
    ['sshd.service', /^PERMISSION_DENIED: sshd.service is not restarted on this node/],
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

void t.test('a node that may not begin is left as it was', async (t) => {
  for (const action of [restart('ceph-osd@*.service'), reboot]) {
    const units = new FakeUnits(daemons);
    const machine = new FakeMachine();
    using node = new ActingNode(units, machine);
    node.answer = () => ({ isYes: false, reason: 'the cluster is frozen' });
    await using runner = await node.open();
    t.match(await node.run(runner, action), { outcome: 'never-acted', message: /frozen/ });
    t.strictSame([units.restarted, machine.asked], [[], 0]);
  }
});

void t.test('a machine that slept before its first act asks once more, and is left as it was where the answer is no', async (t) => {
  for (const [action, point, outcome] of [
    [restart('ceph-osd@2.service'), 'restarting-recorded', 'failed'],
    [restart('ceph-osd@2.service'), 'units-recorded', 'failed'],
    [reboot, 'rebooting-recorded', 'never-acted'],
    [reboot, 'boot-recorded', 'never-acted'],
  ] as const) {
    const units = new FakeUnits(daemons);
    const machine = new FakeMachine();
    using node = new ActingNode(units, machine);
    const pass = (passed: FailpointName): void => {
      if (passed === point) node.sleep(YES_GOOD_MS);
    };
    node.answer = (question) => (question === 'begin' ? yes : { isYes: false, reason: 'an operator took it back' });
    await using runner = await node.open({ failpoints: { pass } });
    t.match(await node.run(runner, action), { outcome, message: /an operator took it back/ }, point);
    t.strictSame([node.asked, units.restarted, machine.asked], [['begin', 'confirm'], [], 0], point);
  }
});

void t.test('however long the system takes to answer, nothing is done on a yes that has grown old meanwhile', async (t) => {
  for (const action of [restart('ceph-osd@*.service'), reboot]) {
    let looks = 0;
    /** @param slowLook which question to the system takes so long; undefined: none. Returns how many there were before the act. */
    const attempt = async (slowLook: number | undefined): Promise<number> => {
      looks = 0;
      let before: number | undefined;
      const units = new FakeUnits(daemons);
      const machine = new FakeMachine();
      using node = new ActingNode(units, machine);
      units.onLook = machine.onLook = () => {
        looks += 1;
        if (looks !== slowLook) return;
        node.sleep(YES_GOOD_MS);
        node.answer = () => ({ isYes: false, reason: 'another node has begun' });
      };
      units.onRestart = machine.onReboot = () => {
        before ??= looks;
        machine.boot = 2;
      };
      await using runner = await node.open();
      const ended = await node.run(runner, action);
      if (slowLook === undefined) t.match(ended, { outcome: 'done' });
      else t.match(ended, { message: /another node has begun/ }, `${action.kind}, question ${slowLook}: ${ended.message}`);
      return before ?? 0;
    };
    const questions = await attempt(undefined);
    t.ok(questions >= 2, `${questions} questions to the system before the first act`);
    for (let slow = 1; slow <= questions; slow += 1)
      t.equal(await attempt(slow), 0, `${action.kind}: nothing is done after question ${slow}`);
  }
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

void t.test('a reboot ends with the agent, and the next boot proves it', async (t) => {
  const machine = new FakeMachine();
  using node = new ActingNode(undefined, machine);
  const stopping = new AbortController();
  machine.onReboot = () => stopping.abort(new Error('the agent is stopping'));
  {
    await using runner = await node.open();
    await t.rejects(node.run(runner, reboot, stopping.signal), { message: 'the agent is stopping' });
    t.match(await runner.openOperations(), [{ phase: 'rebooting', isInterrupted: true }]);
  }
  t.match((await readStatus({ statePath: node.node.statePath })).operations, [{ phase: 'rebooting' }]);
  machine.boot = 2;
  await using runner = await node.open();
  await runner.recover({ abandon: false });
  t.match(await node.run(runner, undefined), { outcome: 'done', message: 'rebooted', token: sampleToken });
  t.equal(machine.asked, 1);
});

void t.test('an agent that is started again while the machine goes down gives no second word', async (t) => {
  for (const point of ['boot-recorded', 'reboot-asked'] as const) {
    const machine = new FakeMachine();
    using node = new ActingNode(undefined, machine);
    await node.dieAt(point, reboot);
    const askedBefore = machine.asked;
    {
      await using runner = await node.open();
      await runner.recover({ abandon: false });
      await runner.recover({ abandon: true });
      t.match(await runner.openOperations(), [{ phase: 'rebooting', ended: undefined }], 'nobody can tell yet');
      node.tickMs = 31_000;
      t.match(await node.run(runner, undefined), { outcome: 'needs-operator', message: /did not go down within 30 s/ });
    }
    t.equal(machine.asked, askedBefore, point);
  }
});

void t.test('an agent that died before the word was given never acted, unless the machine was rebooted by somebody else', async (t) => {
  const machine = new FakeMachine();
  using node = new ActingNode(undefined, machine);
  await node.dieAt('rebooting-recorded', reboot);
  await using runner = await node.open();
  await runner.recover({ abandon: false });
  t.match(await node.run(runner, undefined), { outcome: 'never-acted', message: /before it asked for the reboot/ });
  t.equal(machine.asked, 0);
});

void t.test('a sandbox that names no program for it is not rebooted', async (t) => {
  const machine = new FakeMachine();
  machine.cannotReboot = 'its root is a sandbox';
  using node = new ActingNode(undefined, machine);
  await using runner = await node.open();
  t.match(await node.run(runner, reboot), { outcome: 'failed', message: /can't be rebooted: its root is a sandbox/ });
  t.strictSame(node.asked, []);
});
