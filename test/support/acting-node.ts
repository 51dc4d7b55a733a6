import { basename } from 'node:path';
import { consolePorts, recoverySetup } from '../../agent/commands/console.ts';
import type { FailpointName } from '../../agent/failpoints.ts';
import type { NodePorts } from '../../agent/operation-context.ts';
import type { Ended, SlotAnswer, SlotKeeper } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { onDiskAct, type DiskAct } from '../../common/disk-act.ts';
import type { NodeAction } from '../../common/node-action.ts';
import { PointNames } from '../cuts/point-names.ts';
import { FakeMachine, FakeUnits } from './fake-node.ts';
import { sampleToken } from './sample-node.ts';
import { yes } from './scripted-slots.ts';
import { TestNode } from './update-node.ts';
import { fakeServices } from './fake-services.ts';

/** Units as they run on a node that has some of everything. */
export const daemons = ['ceph-mds@a.service', 'ceph-osd@10.service', 'ceph-osd@2.service', 'ceph-mgr@a.service', 'ceph-mon@a.service'];

export const restart = (...units: readonly string[]): NodeAction => ({ kind: 'restart', units });
export const reboot: NodeAction = { kind: 'reboot' };

const systemd = fakeServices({ isActive: () => Promise.resolve(true), stop: () => Promise.resolve(), start: () => Promise.resolve() });

/** The agent's death: thrown out of a failpoint, and nothing is journalled after it. */
class Death extends Error {}

const isOfJournal = ({ path }: DiskAct): boolean => basename(path) === 'journal';

/** A node whose agent can be started again and again over one state directory. */
export class ActingNode implements Disposable {
  readonly node = new TestNode();
  readonly asked: string[] = [];
  answer: (question: string) => SlotAnswer = () => yes;
  /** What each look at the clock adds. */
  tickMs = 0;
  /** How long it waits for a look. */
  looksMs = 60_000;
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
    const bounds = { slots: { beginMs: 50, confirmMs: 50, retryMs: 5 }, runningMs: 0, rebootMs: 30_000, looksMs: this.looksMs };
    const setup = { ...recoverySetup(node), restartable: ['nfs-ganesha.service'], bounds };
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

  /** Lists the points of an action that nobody disturbs: those that have names, and what is done to the journal. */
  async trace(action: NodeAction, ports: Partial<NodePorts> = {}, stopping?: AbortSignal): Promise<readonly string[]> {
    const points: string[] = [];
    const names = new PointNames(this.node.root);
    await using runner = await this.open({ ...ports, failpoints: { pass: (name) => points.push(names.failpoint(name)) } });
    using _ = onDiskAct((act) => (isOfJournal(act) ? points.push(names.act(act)) : undefined));
    await this.run(runner, action, stopping).catch(() => undefined);
    return points;
  }

  /** Lets the agent die at a point. @param point a failpoint, or what is done to the journal, as trace() names it */
  async dieAt(point: string, action: NodeAction, ports: Partial<NodePorts> = {}): Promise<void> {
    const isDead = new AbortController();
    const names = new PointNames(this.node.root);
    const dieIf = (name: string): void => {
      if (name === point) isDead.abort();
    };
    const failpoints = {
      pass: (passed: FailpointName) => {
        dieIf(names.failpoint(passed));
        if (isDead.signal.aborted) throw new Death(point);
      },
    };
    const runner = await this.open({ ...ports, failpoints });
    using _ = onDiskAct((act) => {
      if (!isOfJournal(act)) return;
      dieIf(names.act(act));
      if (isDead.signal.aborted) act.failWith(new Death(point));
    });
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

  /**
   * Lets the agent die when something else says so; nothing of it may go on then.
   * @param release lets what hangs fail, once nothing that it does has an effect any more
   */
  async dieWhen(died: AbortSignal, action: NodeAction, ports: Partial<NodePorts>, release: () => void): Promise<void> {
    const runner = await this.open(ports);
    const running = this.run(runner, action);
    try {
      await Promise.race([running, new Promise<void>((resolve) => died.addEventListener('abort', () => resolve(), { once: true }))]);
    } finally {
      await runner[Symbol.asyncDispose]();
      release();
      await running.catch(() => undefined);
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
