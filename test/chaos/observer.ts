import * as v from 'valibot';
import { bootClock } from '../../agent/os/boot-clock.ts';
import type { Etcd } from '../../coordinator/etcd/port.ts';
import { RelistingWatch } from '../../coordinator/etcd/relisting-watch.ts';
import { keys, lastPart } from '../../coordinator/state/keys.ts';

const leaderSchema = v.object({ id: v.string(), random: v.string() });
const nodeSchema = v.object({ uid: v.string(), hostname: v.string() });
const slotSchema = v.object({ state: v.string(), operation: v.string() });

/** A node that has its yes. */
export interface Begun {
  readonly node: string;
  readonly operation: string;
}

/** Looks at what etcd holds, beside the coordinators: who leads, and which node has just begun. */
export class Observer implements Disposable {
  /** Terms of leaders, by what is random in them. */
  readonly terms = new Set<string>();
  /** When each operation was seen to have begun, by the clock of the machine since it was booted. */
  readonly begunMs = new Map<string, number>();
  readonly #watches = new DisposableStack();
  readonly #hostnames = new Map<string, string>();
  readonly #waiting = new Set<(begun: Begun) => void>();
  #leader: string | undefined;

  /** @param onLeader told at each change */
  constructor(etcd: Etcd, onLeader: (leader: string | undefined) => void) {
    const watch = (prefix: string, tell: (values: ReadonlyMap<string, unknown>) => void): void => {
      const parsed = (text: string): unknown => JSON.parse(text);
      this.#watches.use(
        new RelistingWatch(etcd, prefix, ({ entries }) => tell(new Map([...entries].map(([key, { value }]) => [key, parsed(value)])))),
      );
    };
    watch(keys.leader, (values) => {
      const leader = v.safeParse(leaderSchema, values.get(keys.leader));
      const id = leader.success ? leader.output.id : undefined;
      if (leader.success) this.terms.add(leader.output.random);
      if (id !== this.#leader) onLeader(id);
      this.#leader = id;
    });
    watch(keys.nodes, (values) => {
      for (const value of values.values()) {
        const node = v.parse(nodeSchema, value);
        this.#hostnames.set(node.uid, node.hostname);
      }
    });
    watch(keys.slots, (values) => this.#slots(values));
  }

  #slots(values: ReadonlyMap<string, unknown>): void {
    for (const [key, value] of values) {
      const slot = v.parse(slotSchema, value);
      if (slot.state !== 'begun' || this.begunMs.has(slot.operation)) continue;
      this.begunMs.set(slot.operation, bootClock.nowMs());
      const node = this.#hostnames.get(lastPart(key));
      const [first] = this.#waiting;
      if (node !== undefined) first?.({ node, operation: slot.operation });
    }
  }

  /** The coordinator that leads, as last heard. */
  get leader(): string | undefined {
    return this.#leader;
  }

  /** The next node that gets a yes to begin; undefined where the signal comes first. */
  async nextBegin(signal: AbortSignal): Promise<Begun | undefined> {
    return await new Promise((resolve) => {
      const settle = (begun: Begun | undefined): void => {
        this.#waiting.delete(settle);
        signal.removeEventListener('abort', none);
        resolve(begun);
      };
      const none = (): void => settle(undefined);
      if (signal.aborted) return none();
      signal.addEventListener('abort', none, { once: true });
      this.#waiting.add(settle);
    });
  }

  [Symbol.dispose](): void {
    this.#watches.dispose();
  }
}
