import { AsyncLocalStorage } from 'node:async_hooks';

/** The clock on a machine's board; every process on it reads the same, whoever starts when. */
export class WallClock {
  /** Moved by clock jumps. */
  offsetMs = 1_700_000_000_000;
}

/** A program that runs on a machine of the simulation: whatever it waits for ends with it, and waits with it while it hangs. */
export class Process {
  readonly name: string;
  readonly timeline: Timeline;
  /** Its machine's. */
  readonly clock: WallClock;
  #isDead = false;
  readonly #mourners = new Set<() => void>();
  /** It hangs until then (SIGSTOP, a suspended machine); its clocks go on. */
  heldUntilMs = 0;

  constructor(name: string, timeline: Timeline, clock = new WallClock()) {
    this.name = name;
    this.timeline = timeline;
    this.clock = clock;
  }

  /** Does something as this process; what it starts and awaits is its own. */
  run<T>(work: () => T): T {
    return running.run(this, work);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Nothing more happens in it. */
  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    for (const tell of this.#mourners) tell();
    this.#mourners.clear();
  }

  /** Calls back once it has been killed, outside of it. */
  whenDead(tell: () => void): Disposable {
    if (this.#isDead) tell();
    else this.#mourners.add(tell);
    return { [Symbol.dispose]: () => void this.#mourners.delete(tell) };
  }

  /** The process whose code runs at this moment. */
  static get current(): Process | undefined {
    return running.getStore();
  }
}

const running = new AsyncLocalStorage<Process>();
// timers.ts puts virtual ones in the place of the global functions
const realSetImmediate = setImmediate;
const STEPS_PER_TURN = 64;

interface Entry {
  atMs: number;
  order: number;
  readonly process: Process | undefined;
  readonly work: () => void;
  isCancelled: boolean;
  /** It would have happened already if its process did not hang. */
  isDue: boolean;
}

/** All that will happen, in order; time jumps from one event to the next. */
export class Timeline {
  nowMs = 0;
  events = 0;
  #order = 0;
  /** A binary heap. */
  readonly #entries: Entry[] = [];

  /** @param process whose event it is: it does not happen once that is dead, and waits while that hangs. */
  after(delayMs: number, process: Process | undefined, work: () => void): Disposable {
    const entry: Entry = { atMs: this.nowMs + delayMs, order: 0, process, work, isCancelled: false, isDue: false };
    this.#push(entry);
    return { [Symbol.dispose]: () => void (entry.isCancelled = true) };
  }

  /** Whoever hangs goes on at once, with all that it has missed. */
  release(process: Process): void {
    if (process.heldUntilMs <= this.nowMs) return;
    process.heldUntilMs = this.nowMs;
    const entries = this.#entries.splice(0).sort((left, right) => left.atMs - right.atMs || left.order - right.order);
    for (const entry of entries) {
      if (entry.process === process && entry.isDue) entry.atMs = this.nowMs;
      this.#push(entry);
    }
  }

  /** Lets everything happen until a time. `afterEach` is called after each event and all that followed from it at once. */
  async run(untilMs: number, afterEach: () => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let isOver = false;
    let hasBegun = false;
    // between two calls all promises that are settled tell whoever waits for them
    const step = (): void => {
      if (isOver) return;
      try {
        if (hasBegun) afterEach();
        const entry = this.#next(untilMs);
        if (entry === undefined) {
          isOver = true;
          return resolve();
        }
        hasBegun = true;
        this.nowMs = entry.atMs;
        this.events += 1;
        if (entry.process === undefined) entry.work();
        else entry.process.run(entry.work);
      } catch (error) {
        isOver = true;
        reject(error);
      }
    };
    // many in one turn of the event loop, which costs more than an event
    const turn = (): void => {
      for (let count = 0; count < STEPS_PER_TURN; count += 1) realSetImmediate(step);
      realSetImmediate(() => {
        if (!isOver) turn();
      });
    };
    turn();
    await promise;
    this.nowMs = untilMs;
  }

  #next(untilMs: number): Entry | undefined {
    for (;;) {
      const [first] = this.#entries;
      if (first === undefined || first.atMs > untilMs) return undefined;
      this.#pop();
      if (first.isCancelled || first.process?.isDead === true) continue;
      if (first.process === undefined || first.process.heldUntilMs <= first.atMs) return first;
      first.atMs = first.process.heldUntilMs;
      first.isDue = true;
      this.#push(first);
    }
  }

  #push(entry: Entry): void {
    entry.order = this.#order;
    this.#order += 1;
    const entries = this.#entries;
    entries.push(entry);
    for (let at = entries.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#swapUnlessOrdered(parent, at)) break;
      at = parent;
    }
  }

  #pop(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return;
    entries[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const least = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#swapUnlessOrdered(at, least)) break;
      at = least;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const first = this.#entries[one];
    const second = this.#entries[other];
    if (first === undefined || second === undefined) return false;
    return first.atMs < second.atMs || (first.atMs === second.atMs && first.order < second.order);
  }

  /** @returns whether they were swapped. */
  #swapUnlessOrdered(parent: number, child: number): boolean {
    if (!this.#isBefore(child, parent)) return false;
    const entries = this.#entries;
    const upper = entries[parent];
    const lower = entries[child];
    if (upper === undefined || lower === undefined) return false;
    entries[parent] = lower;
    entries[child] = upper;
    return true;
  }
}
