import type { CallLimits } from '../../common/rpc/client.ts';
import type { MethodName, RequestOf, ResponseOf, ServiceName } from '../../common/rpc/services.ts';
import type { Api } from './context.ts';

/** No longer than that does a command wait at its end for what it learns by the way. */
const ANSWER_MS = 2_000;
/** A command that goes on, as a watch does, asks again with its next answer after so long: coordinators come and go. */
const ASK_AGAIN_MS = 60_000;

export interface LearningOptions {
  readonly api: Api;
  readonly signal: AbortSignal;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly learn: (addresses: readonly string[]) => Promise<void>;
}

/**
 * The cluster's client, that asks a coordinator which has answered also where the others are: who knows only the one that dies can't find the
 * next. It asks while a stream goes on, else once the command is over, so that it is in no call's way; no outcome depends on it.
 */
export class LearningApi implements Api, AsyncDisposable {
  readonly #options: LearningOptions;
  #hasAnswer = false;
  #askedMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> = Promise.resolve();

  constructor(options: LearningOptions) {
    this.#options = options;
  }

  async call<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    limits?: CallLimits,
  ): Promise<ResponseOf<S, M>> {
    const response = await this.#options.api.call(service, method, request, limits);
    this.#hasAnswer = true;
    return response;
  }

  async *stream<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    limits?: CallLimits,
  ): AsyncGenerator<ResponseOf<S, M>, void, undefined> {
    for await (const response of this.#options.api.stream(service, method, request, limits)) {
      this.#ask();
      yield response;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasAnswer) this.#ask();
    await this.#asking;
  }

  #ask(): void {
    const { now } = this.#options;
    if (now() - this.#askedMs < ASK_AGAIN_MS) return;
    this.#askedMs = now();
    // an older coordinator, or one that is gone by now: the next command asks again
    this.#asking = this.#learn().catch(() => undefined);
  }

  async #learn(): Promise<void> {
    const { api, learn, signal } = this.#options;
    const { coordinators } = await api.call('uvs.v1.ClusterService', 'ListCoordinators', {}, { deadlineMs: ANSWER_MS, signal });
    await learn(coordinators.map(({ grpcAddress }) => grpcAddress));
  }
}
