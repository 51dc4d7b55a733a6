import type { IOptions } from 'etcd3';
import { isRecoverableError } from 'etcd3';

type FaultHandling = NonNullable<IOptions['faultHandling']>;
type Policy = NonNullable<FaultHandling['global']>;

/** How long an endpoint that failed is passed over, if another is left. */
const AVOID_MS = 3_000;

const noListener = (): Disposable & { dispose(): void } => ({ dispose() {}, [Symbol.dispose]() {} });

/** A policy that calls once and never again: repeating is decided where the outcome can be judged. */
export function callOnce(): Policy {
  return {
    get _altReturn(): never {
      throw new Error('exists for its type only');
    },
    onSuccess: noListener,
    onFailure: noListener,
    async execute<T>(call: (context: { signal: AbortSignal }) => PromiseLike<T> | T, signal?: AbortSignal): Promise<T> {
      return call({ signal: signal ?? new AbortController().signal });
    },
  };
}

/**
 * Passes over endpoints that have just failed, so that a stopped etcd member costs one call its deadline and not a third of all calls.
 * While all have failed, all are tried.
 */
export class HostPolicies {
  readonly #failedAt = new Map<string, number>();
  readonly #hosts = new Set<string>();
  readonly #monotonicMs: () => number;

  constructor(hosts: readonly string[], monotonicMs: () => number) {
    for (const host of hosts) this.#hosts.add(host);
    this.#monotonicMs = monotonicMs;
  }

  forHost(host: string): Policy {
    const base = callOnce();
    return {
      get _altReturn(): never {
        throw new Error('exists for its type only');
      },
      onSuccess: base.onSuccess,
      onFailure: base.onFailure,
      execute: async (call, signal) => {
        if (this.#isAvoided(host)) throw new Error(`etcd endpoint ${host} has just failed`);
        try {
          const result = await call({ signal: signal ?? new AbortController().signal });
          this.#failedAt.delete(host);
          return result;
        } catch (error) {
          if (error instanceof Error && isRecoverableError(error)) this.#failedAt.set(host, this.#monotonicMs());
          throw error;
        }
      },
    };
  }

  #isAvoided(host: string): boolean {
    const recently = (name: string) => {
      const at = this.#failedAt.get(name);
      return at !== undefined && this.#monotonicMs() - at < AVOID_MS;
    };
    return recently(host) && [...this.#hosts].some((other) => !recently(other));
  }
}
