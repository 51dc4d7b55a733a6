import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import type { Tasks } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import type { Kit } from '../bad/kit.ts';
import { Victim } from '../bad/node.ts';
import { BrokenRule } from './read.ts';

/** Tries packages on a whole agent, whose tasks do nothing: what they would run is noise, and signed. */
export class AgentTrial implements AsyncDisposable {
  readonly #kit: Kit;
  #victim: Victim;
  #before: readonly string[] = [];
  #runner: Runner | undefined;
  #count = 0;

  constructor(kit: Kit) {
    this.#kit = kit;
    this.#victim = new Victim(kit);
  }

  /** @throws BrokenRule where anything outside of the staging area changed though the package was refused, or beyond what it names */
  async try(bytes: Buffer): Promise<string> {
    const runner = await this.#ready();
    this.#victim.put(bytes);
    this.#count += 1;
    const { outcome, message } = await this.#victim.offer(runner, `op-${this.#count}`);
    const after = this.#victim.state();
    if (outcome !== 'installed') {
      const added = after.filter((line) => !this.#before.includes(line));
      const gone = this.#before.filter((line) => !after.includes(line));
      if (added.length > 0 || gone.length > 0)
        throw new BrokenRule(`refused (${message}), and yet changed: ${[...gone, ...added].join('; ')}`);
      if (outcome === 'failed' && this.#victim.passed.includes('begun-recorded'))
        throw new BrokenRule(`refused (${message}) after it had begun`);
      return outcome === 'failed' ? message.slice(0, message.indexOf(':')) : `${outcome} ${message}`;
    }
    const outside = (line: string): boolean => !line.startsWith('root/');
    if (after.filter(outside).join('\n') !== this.#before.filter(outside).join('\n'))
      throw new BrokenRule(`${outcome}, and changed something beside the root`);
    // it has another release now, to which nothing of the corpus is newer
    await this.#end();
    this.#victim = new Victim(this.#kit);
    return outcome;
  }

  async #ready(): Promise<Runner> {
    if (this.#runner !== undefined) return this.#runner;
    const ended = await this.#victim.installBaseline();
    if (ended.outcome !== 'installed') throw new Error(`no baseline: ${ended.message}`);
    this.#before = this.#victim.state();
    const node = this.#victim.console();
    const nothing = consolePorts(node).tasks;
    const tasks: Tasks = {
      canReattach: nothing.canReattach.bind(nothing),
      reattach: nothing.reattach.bind(nothing),
      forget: nothing.forget.bind(nothing),
      run: () => Promise.resolve({ exitCode: 0, signal: undefined, isTimedOut: false, isOutOfMemory: false }),
      endLeftovers: () => Promise.resolve(0),
    };
    this.#runner = await Runner.open(await consoleSetup(node), { ...consolePorts(node), tasks }, 'the fuzzer');
    return this.#runner;
  }

  async #end(): Promise<void> {
    await this.#runner?.[Symbol.asyncDispose]();
    this.#runner = undefined;
    this.#victim[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}
