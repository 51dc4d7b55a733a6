import { UvsError } from '../../common/errors.ts';
import type { Drain } from '../../coordinator/ports.ts';
import type { Prng } from './prng.ts';
import { Process, type Timeline } from './timeline.ts';

/** For all nodes that are drained at a time. */
const BALANCER = 'balancer off';
/** Share of the commands that fail, half of them though they have done what they should. */
const FAILS = 0.06;
/** Share of the nodes for which an administrator has set something before. */
const ADMINS = 0.1;

/** What one and the same gate of every coordinator sets for a node. */
export function nooutOf(hostname: string): string {
  return `noout ${hostname}`;
}

/** The flags of the storage system, outside of UVS: its gate sets and takes them back by commands that go on when whoever gave them hangs or dies. */
export class Storage {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  readonly #onChange: () => void;
  readonly #flags = new Set<string>();
  /** What an administrator has set is nobody else's to take back. */
  readonly admins: ReadonlySet<string>;
  /** Set for a record that an etcd which was put back has lost: what becomes of it is the operator's business, a limit that is known. */
  readonly #forgotten = new Set<string>();

  constructor(timeline: Timeline, prng: Prng, hostnames: readonly string[], onChange: () => void) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#onChange = onChange;
    this.admins = new Set(hostnames.map(nooutOf).filter(() => prng.chance(ADMINS)));
    for (const flag of this.admins) this.#flags.add(flag);
  }

  isSet(flag: string): boolean {
    return this.#flags.has(flag);
  }

  /** What UVS has set and has to take back. */
  get own(): readonly string[] {
    return [...this.#flags].filter((flag) => !this.admins.has(flag) && !this.#forgotten.has(flag));
  }

  /** Nobody knows any more that UVS has set these. */
  forget(flags: readonly string[]): void {
    for (const flag of flags) this.#forgotten.add(flag);
  }

  readonly drain: Drain = {
    plan: async ({ node: { hostname }, others }) => {
      await this.#command(undefined, () => undefined);
      const shared = new Set(others.flatMap(flagsOf));
      const wanted = [nooutOf(hostname), BALANCER].filter((flag) => !this.#flags.has(flag) || shared.has(flag));
      return wanted.length === 0 ? undefined : JSON.stringify(wanted);
    },
    apply: async (plan, signal) => {
      for (const flag of flagsOf(plan)) await this.#command(signal, () => void this.#flags.add(flag));
    },
    restore: async (plan, others, signal) => {
      const shared = new Set(others.flatMap(flagsOf));
      const free = flagsOf(plan).filter((flag) => !shared.has(flag));
      for (const flag of free) {
        await this.#command(signal, () => {
          this.#flags.delete(flag);
          this.#forgotten.delete(flag);
        });
      }
      return [];
    },
  };

  /** A program of its own: it is killed by the coordinator that runs it, and by nobody where that can't. */
  async #command(signal: AbortSignal | undefined, change: () => void): Promise<void> {
    signal?.throwIfAborted();
    const caller = Process.current;
    const isFailing = this.#prng.chance(FAILS);
    const isDone = !isFailing || this.#prng.chance(0.5);
    await new Promise<void>((resolve, reject) => {
      this.#timeline.after(this.#prng.between(5, 100), undefined, () => {
        if (isDone && signal?.aborted !== true) {
          change();
          this.#onChange();
        }
        this.#timeline.after(0, caller, () =>
          isFailing ? reject(new UvsError('DEADLINE_EXCEEDED', 'the storage does not answer')) : resolve(),
        );
      });
    });
    signal?.throwIfAborted();
  }
}

/** What a plan of the drain consists of. */
export function flagsOf(plan: string): readonly string[] {
  const parsed: unknown = JSON.parse(plan);
  if (!Array.isArray(parsed)) throw new Error(`${plan} is no plan of the drain`);
  return parsed.map(String);
}
