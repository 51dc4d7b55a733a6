import t from 'tap';
import type { FailpointName } from '../../agent/failpoints.ts';
import { defaultSlotPatience, YES_GOOD_MS } from '../../agent/slot-guard.ts';
import { UvsError } from '../../common/errors.ts';
import { ActingNode, daemons, reboot, restart } from '../support/acting-node.ts';
import { FakeMachine, FakeUnits } from '../support/fake-node.ts';
import { yes } from '../support/scripted-slots.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);

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

void t.test('a coordinator that can not answer, whatever is wrong with it, is asked again, and is no fault of the node', async (t) => {
  for (const reason of ['DISK_FAILED', 'INTERNAL', 'NOT_LEADER'] as const) {
    const units = new FakeUnits(daemons);
    const tries = new Map<string, number>();
    using node = new ActingNode(units, new FakeMachine());
    const pass = (passed: FailpointName): void => {
      if (passed === 'restarting-recorded') node.sleep(YES_GOOD_MS);
    };
    node.answer = (question) => {
      const tried = (tries.get(question) ?? 0) + 1;
      tries.set(question, tried);
      if (tried === 1) throw new UvsError(reason, 'it could not be kept on its disk');
      return yes;
    };
    await using runner = await node.open({ failpoints: { pass } });
    t.match(await node.run(runner, restart('ceph-osd@2.service')), { outcome: 'done' }, reason);
    t.match(
      [...tries],
      [
        ['begin', 2],
        ['confirm', 2],
      ],
      reason,
    );
  }
});

void t.test('a node that nobody answers, whatever is wrong, has not acted', async (t) => {
  for (const reason of ['DISK_FAILED', 'INTERNAL'] as const) {
    const units = new FakeUnits(daemons);
    using node = new ActingNode(units, new FakeMachine());
    node.answer = () => {
      node.sleep(defaultSlotPatience.beginMs);
      throw new UvsError(reason, 'its disk is full');
    };
    await using runner = await node.open();
    t.match(await node.run(runner, restart('ceph-osd@2.service')), {
      outcome: 'never-acted',
      message: /nobody answered.*its disk is full/,
    });
    t.strictSame([node.asked, units.restarted], [['begin'], []]);
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
