import t from 'tap';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import type { Ended } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { ActingNode, reboot, restart } from '../support/acting-node.ts';
import { eventually } from '../support/eventually.ts';
import { FakeMachine, FakeUnits } from '../support/fake-node.ts';
import { patience } from '../support/patience.ts';
import { sampleToken } from '../support/sample-node.ts';
import { ScriptedSlots } from '../support/scripted-slots.ts';
import { file, TestNode } from '../support/update-node.ts';

t.setTimeout(120_000 * patience);

const WAITING = 'Waiting for a look at limits and settings to end';
const hangs = (): Promise<void> => new Promise(() => undefined);

/** An operation of one kind on a node of its own, where a look hangs: as whoever reads the limits of a process that hangs in the kernel. */
interface Hanging extends AsyncDisposable {
  readonly runner: Runner;
  /** What it has said. */
  readonly said: readonly string[];
  readonly isDisturbed: () => boolean;
  readonly run: (stopping?: AbortSignal) => Promise<Ended>;
}

interface HangingOptions {
  readonly looksMs: number;
  readonly looksOver?: () => Promise<void>;
}

async function release({ looksMs, looksOver = hangs }: HangingOptions): Promise<Hanging> {
  const node = new TestNode();
  await node.build('one', { seq: 1, files: [file('opt/app', 'one')] });
  const points: string[] = [];
  const said: string[] = [];
  const observer = { progress: (_operation: string, _phase: string, message: string) => said.push(message), output: () => undefined };
  const ports = { ...consolePorts(node.console()), looksOver, observer, failpoints: { pass: (point: string) => points.push(point) } };
  const runner = await Runner.open({ ...(await consoleSetup(node.console())), bounds: { looksMs } }, ports, 'test');
  return {
    runner,
    said,
    isDisturbed: () => points.includes('pre-recorded'),
    run: async (stopping) => {
      await using source = await openFileSource(node.packagePath('one'));
      const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
      const request = { operation: 'op-1', packageDigest: '', origin, slots: new ScriptedSlots() };
      const stops = stopping === undefined ? {} : { stopping };
      return await runner.runOperation({ ...request, ...stops }, new AbortController().signal);
    },
    [Symbol.asyncDispose]: async () => {
      await runner[Symbol.asyncDispose]();
      node[Symbol.dispose]();
    },
  };
}

async function act(kind: 'restart' | 'reboot', { looksMs, looksOver = hangs }: HangingOptions): Promise<Hanging> {
  const units = new FakeUnits(['ceph-osd@3.service']);
  const machine = new FakeMachine();
  machine.onReboot = () => (machine.boot += 1);
  const node = new ActingNode(units, machine);
  node.looksMs = looksMs;
  const said: string[] = [];
  const observer = { progress: (_operation: string, _phase: string, message: string) => said.push(message), output: () => undefined };
  const runner = await node.open({ looksOver, observer });
  return {
    runner,
    said,
    isDisturbed: () => units.restarted.length > 0 || machine.asked > 0,
    run: async (stopping) => await node.run(runner, kind === 'reboot' ? reboot : restart('ceph-osd@3.service'), stopping),
    [Symbol.asyncDispose]: async () => {
      await runner[Symbol.asyncDispose]();
      node[Symbol.dispose]();
    },
  };
}

const kinds: Readonly<Record<string, (options: HangingOptions) => Promise<Hanging>>> = {
  release,
  restart: async (options) => await act('restart', options),
  reboot: async (options) => await act('reboot', options),
};

for (const [kind, begin] of Object.entries(kinds)) {
  void t.test(`a ${kind} that has begun while a look hangs says so, waits no longer than it may, and disturbs nothing`, async (t) => {
    await using s = await begin({ looksMs: 100 });
    const message = 'DEADLINE_EXCEEDED: a look at limits and settings has not ended for 0.1 s: see journalctl -u uvs-agent';
    t.match(await s.run(), { outcome: 'never-acted', message });
    t.ok(s.said.includes(WAITING), s.said.join('; '));
    t.notOk(s.isDisturbed());
  });

  void t.test(`a ${kind} whose slot is taken back while it waits for a look ends at once`, async (t) => {
    await using s = await begin({ looksMs: 1e6 });
    const running = s.run();
    await eventually('it waits', () => s.said.includes(WAITING));
    await s.runner.revoke('op-1', sampleToken, 'an operator took it back');
    t.match(await running, { outcome: 'never-acted', message: 'TOKEN_INVALID: the slot was taken back: an operator took it back' });
    t.notOk(s.isDisturbed());
  });

  void t.test(`a ${kind} that waits for a look keeps no agent from ending`, async (t) => {
    await using s = await begin({ looksMs: 1e6 });
    const stopping = new AbortController();
    const running = s.run(stopping.signal);
    await eventually('it waits', () => s.said.includes(WAITING));
    stopping.abort(new Error('the agent is stopping'));
    const message = 'CANCELLED: the agent was told to end while it waited for a look at limits and settings';
    t.match(await running, { outcome: 'never-acted', message });
    t.notOk(s.isDisturbed());
  });

  void t.test(`a ${kind} goes on once the look is over, and says nothing of looks where none was under way`, async (t) => {
    const looking = Promise.withResolvers<void>();
    {
      await using s = await begin({ looksMs: 1e6, looksOver: () => looking.promise });
      const running = s.run();
      await eventually('it waits', () => s.said.includes(WAITING));
      t.notOk(s.isDisturbed());
      looking.resolve();
      t.match(await running, { outcome: kind === 'release' ? 'installed' : 'done' });
      t.ok(s.isDisturbed());
    }
    await using s = await begin({ looksMs: 0, looksOver: () => looking.promise });
    t.match(await s.run(), { outcome: kind === 'release' ? 'installed' : 'done' });
    t.notOk(s.said.includes(WAITING));
  });
}
