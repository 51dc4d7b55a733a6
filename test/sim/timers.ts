import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { Process } from './timeline.ts';

/** What the virtual functions give instead of a NodeJS.Timeout. */
class VirtualTimer implements Disposable {
  readonly #work: () => void;
  readonly #everyMs: number | undefined;
  readonly #process: Process;
  #pending: Disposable;

  constructor(process: Process, ms: number, isRepeated: boolean, work: () => void) {
    this.#process = process;
    this.#work = work;
    const atLeastMs = Math.max(1, ms);
    this.#everyMs = isRepeated ? atLeastMs : undefined;
    this.#pending = process.timeline.after(atLeastMs, process, () => this.#fire());
  }

  #fire(): void {
    if (this.#everyMs !== undefined) this.#pending = this.#process.timeline.after(this.#everyMs, this.#process, () => this.#fire());
    this.#work();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.dispose](): void {
    this.#pending[Symbol.dispose]();
  }
}

/**
 * Puts virtual timers and clocks in the place of this thread's own, for whatever code runs in a process of a simulation, also code that is
 * written later and never heard of this one; all other code keeps the real ones. To be called once, in a thread of the simulation's own.
 */
export function installVirtualTime(): void {
  const real = {
    setTimeout,
    setInterval,
    clearTimeout,
    timeout: AbortSignal.timeout.bind(AbortSignal),
    any: AbortSignal.any.bind(AbortSignal),
    performanceNow: performance.now.bind(performance),
    dateNow: Date.now.bind(Date),
    sleep: timersPromises.setTimeout,
  };
  const timer =
    (isRepeated: boolean, otherwise: (work: () => void, ms: number, ...args: unknown[]) => unknown) =>
    (work: () => void, ms = 1, ...args: unknown[]) => {
      const process = Process.current;
      return process === undefined
        ? otherwise(work, ms, ...args)
        : new VirtualTimer(process, ms, isRepeated, () => Reflect.apply(work, undefined, args));
    };
  const clear = (given: NodeJS.Timeout | VirtualTimer | undefined): void => {
    if (given instanceof VirtualTimer) given[Symbol.dispose]();
    else real.clearTimeout(given);
  };
  const put = (owner: object, functions: Readonly<Record<string, unknown>>): void => {
    for (const [name, value] of Object.entries(functions))
      if (!Reflect.set(owner, name, value)) throw new Error(`${name} can't be replaced`);
  };
  put(globalThis, {
    setTimeout: timer(false, real.setTimeout),
    setInterval: timer(true, real.setInterval),
    clearTimeout: clear,
    clearInterval: clear,
  });
  put(AbortSignal, {
    timeout: (ms: number) => {
      const process = Process.current;
      if (process === undefined) return real.timeout(ms);
      const controller = new AbortController();
      process.timeline.after(ms, process, () =>
        controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
      );
      return controller.signal;
    },
  });
  put(AbortSignal, {
    any: (signals: readonly AbortSignal[]) => (Process.current === undefined ? real.any([...signals]) : joined(signals)),
  });
  put(performance, { now: () => Process.current?.timeline.nowMs ?? real.performanceNow() });
  put(Date, {
    now: () => {
      const process = Process.current;
      return process === undefined ? real.dateNow() : Math.round(process.clock.offsetMs + process.timeline.nowMs);
    },
  });
  const isNow = (given: readonly unknown[]): boolean => given.length === 0 && Process.current !== undefined;
  put(globalThis, {
    Date: new Proxy(Date, {
      construct: (target, given, made) => Reflect.construct(target, isNow(given) ? [target.now()] : given, made),
    }),
  });
  put(timersPromises, {
    setTimeout: (ms: number, value: unknown, options: { readonly signal?: AbortSignal } = {}) => {
      const process = Process.current;
      return process === undefined ? real.sleep(ms, value, options) : pause(process, ms, value, options.signal);
    },
  });
  syncBuiltinESMExports();
}

/** The real one keeps for ever what listens to it, and a process of a simulation never ends in an orderly way. */
function joined(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    const abort = (): void => controller.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }
  return controller.signal;
}

function pause(process: Process, ms: number, value: unknown, signal: AbortSignal | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      timer[Symbol.dispose]();
      reject(new DOMException('The operation was aborted', { name: 'AbortError', cause: signal?.reason }));
    };
    const timer = new VirtualTimer(process, ms, false, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
  });
}
