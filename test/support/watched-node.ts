import { endWithTheirAgent } from '../../agent/os/process-tasks.ts';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import type { NodePorts } from '../../agent/operation-context.ts';
import type { Ended, Services, Tasks } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { ScriptedSlots } from './scripted-slots.ts';
import { snapshot } from './tree-snapshot.ts';
import { file, task, TestNode } from './update-node.ts';
import { fakeServices } from './fake-services.ts';

const never = new AbortController().signal;

/** The only operation of a watched node. */
export const operation = 'op-1';

/** A node with two services and a task of each stage, all of which write down what is done to them beside what is asked. */
export class WatchedNode implements Disposable {
  readonly node = new TestNode();
  readonly slots = new ScriptedSlots();
  readonly active = new Set(['a.service', 'b.service']);
  readonly before: readonly string[];
  /** Called when a task begins; resolves when it is to end. */
  onTask: (name: string, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  onPoint: (point: string) => void = () => undefined;

  constructor() {
    this.before = snapshot(this.node.root);
  }

  async build(): Promise<this> {
    await this.node.build('one', {
      seq: 1,
      files: [file('a', 'a'), file('b', 'b')],
      services: ['a.service', 'b.service'],
      tasks: [task('pre', 'pre', ''), task('post', 'post', ''), task('cleanup', 'cleanup', '')],
    });
    return this;
  }

  get #services(): Services {
    return fakeServices({
      isActive: (unit) => Promise.resolve(this.active.has(unit)),
      stop: (unit) => {
        this.slots.heard.push(`stop ${unit}`);
        this.active.delete(unit);
        return Promise.resolve();
      },
      start: (unit) => {
        this.slots.heard.push(`start ${unit}`);
        this.active.add(unit);
        return Promise.resolve();
      },
    });
  }

  get #tasks(): Tasks {
    return {
      run: async ({ name }, _onLine, signal) => {
        this.slots.heard.push(`task ${name}`);
        await this.onTask(name, signal);
        return {
          exitCode: signal.aborted ? undefined : 0,
          signal: signal.aborted ? 'SIGTERM' : undefined,
          isTimedOut: false,
          isOutOfMemory: false,
        };
      },
      ...endWithTheirAgent,
      endLeftovers: () => Promise.resolve(0),
    };
  }

  async open(confirmMs = 50): Promise<Runner> {
    const setup = await consoleSetup(this.node.console());
    const bounds = { slots: { beginMs: 50, confirmMs, retryMs: 5 }, fetchRetryMs: 1, judgeAgainMs: 1 };
    const ports: NodePorts = {
      ...consolePorts(this.node.console()),
      clock: { nowMs: () => this.slots.nowMs },
      services: this.#services,
      tasks: this.#tasks,
      failpoints: {
        pass: (point) => {
          if (point === 'files-renamed') this.slots.heard.push('commit');
          this.onPoint(point);
        },
      },
    };
    return await Runner.open({ ...setup, bounds }, ports, 'test');
  }

  async run(runner: Runner, signal = never, more: { readonly rollBackAfterMs?: number } = {}): Promise<Ended> {
    await using source = await openFileSource(this.node.packagePath('one'));
    const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
    return await runner.runOperation({ operation, packageDigest: '', origin, slots: this.slots, ...more }, signal);
  }

  /** Whether files and services are as they were. */
  isAsBefore(): boolean {
    const isOld = snapshot(this.node.root).join('\n') === this.before.join('\n');
    return isOld && this.active.has('a.service') && this.active.has('b.service');
  }

  [Symbol.dispose](): void {
    this.node[Symbol.dispose]();
  }
}
