import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { ActingNode, reboot } from '../support/acting-node.ts';
import { FakeMachine } from '../support/fake-node.ts';
import { sampleToken } from '../support/sample-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);

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
  t.match((await readStatus(node.node)).operations, [{ phase: 'rebooting' }]);
  machine.boot = 2;
  await using runner = await node.open();
  await runner.recover({ abandon: false });
  const ended = await node.run(runner, undefined);
  t.match(ended, { outcome: 'done', message: 'rebooted', token: sampleToken });
  t.match(ended.outputTail, /Rebooting: the machine has 30 s to go down/, 'while it does not, that is what is told');
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
