import { Client, connectivityState, Metadata, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import type { Credential } from '../credential.ts';
import { abortError, Deadline } from '../deadline.ts';
import { UvsError } from '../errors.ts';
import { COORDINATOR_NAME, type WithdrawnCheck } from '../tls.ts';
import type { Calls } from '../../proto/load-calls.ts';
import { channelCredentials } from './credentials.ts';
import { fromServiceError } from './failure.ts';
import { methodOf, type MethodName, type RequestOf, type ResponseOf, type ServiceName } from './services.ts';

export interface ConnectionOptions {
  readonly credential: Credential;
  readonly definition: Calls;
  readonly isWithdrawn?: WithdrawnCheck | undefined;
}

/** A connection that is idle this long is asked whether it lives; servers refuse to be asked more often than every 20 s. */
const KEEPALIVE_MS = 30_000;
const KEEPALIVE_ANSWER_MS = 10_000;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** One coordinator's address, reached with mutual TLS. Failures are UvsErrors that name the address. */
export class Connection implements Disposable {
  readonly address: string;
  readonly #client: Client;
  readonly #definition: Calls;
  #refusal: UvsError | undefined;

  constructor(address: string, options: ConnectionOptions) {
    this.address = address;
    this.#definition = options.definition;
    const credentials = channelCredentials(options.credential, options.isWithdrawn, (error) => {
      this.#refusal = error;
    });
    this.#client = new Client(address, credentials, {
      'grpc.ssl_target_name_override': COORDINATOR_NAME,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 2_000,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
    });
  }

  /** Waits until the connection stands or has failed, whose reason the next call then tells. @throws UvsError UNREACHABLE after the limit */
  async settle(limitMs: number, signal: AbortSignal | undefined): Promise<void> {
    using deadline = new Deadline(limitMs, `a connection to ${this.address}`, signal);
    for (;;) {
      const state = this.#client.getChannel().getConnectivityState(true);
      if (state === connectivityState.READY || state === connectivityState.TRANSIENT_FAILURE) return;
      if (signal?.aborted === true) throw abortError(signal, `connecting to ${this.address}`);
      if (deadline.signal.aborted) {
        throw new UvsError('UNREACHABLE', `${this.address} cannot be reached (no answer within ${limitMs / 1000} s)`, {
          details: { address: this.address, sent: 'no' },
        });
      }
      await this.#stateChange(state, deadline);
    }
  }

  #stateChange(from: connectivityState, deadline: Deadline): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        deadline.signal.removeEventListener('abort', done);
        resolve();
      };
      deadline.signal.addEventListener('abort', done, { once: true });
      // grpc-js compares with the wall clock here, hence the generous date: the deadline above decides
      this.#client.getChannel().watchConnectivityState(from, Date.now() + 10 * (deadline.leftMs + 1000), done);
    });
  }

  /** One request, one answer. @throws UvsError */
  async unary<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    limits: { readonly deadlineMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<ResponseOf<S, M>> {
    const { path, requestSerialize, responseDeserialize } = methodOf(this.#definition, service, method);
    const what = `the answer of ${this.address} to ${service}.${method}`;
    using deadline = new Deadline(limits.deadlineMs, what, limits.signal);
    const { signal } = deadline;
    if (signal.aborted) throw abortError(signal, what);
    return await new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        (error, response) => {
          if (error === null && response !== undefined) resolve(response);
          else if (signal.aborted) reject(abortError(signal, what));
          else reject(this.#failure(error, `${service}.${method}`));
        },
      );
      signal.addEventListener('abort', () => call.cancel(), { once: true });
    });
  }

  /** One request, many answers; ends when the consumer stops, the signal aborts (CANCELLED) or the server ends. */
  async *serverStream<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    signal?: AbortSignal,
  ): AsyncGenerator<ResponseOf<S, M>, void, undefined> {
    const { path, requestSerialize, responseDeserialize } = methodOf(this.#definition, service, method);
    const what = `the stream ${service}.${method} of ${this.address}`;
    if (signal !== undefined && isAborted(signal)) throw abortError(signal, what);
    const call = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, new Metadata());
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for await (const message of call) {
        // a Readable's chunks are untyped; this one deserialises with the method's own function
        const typed: ResponseOf<S, M> = message;
        yield typed;
      }
    } catch (error) {
      if (signal !== undefined && isAborted(signal)) throw abortError(signal, what);
      throw this.#failure(error, `${service}.${method}`);
    } finally {
      signal?.removeEventListener('abort', cancel);
      call.on('error', () => undefined); // cancelling raises one more, which nobody waits for
      call.cancel();
    }
  }

  /** Opens a stream of both directions; the caller listens to 'data', 'error' and 'end', and cancels. */
  duplex<S extends ServiceName, M extends MethodName<S>>(service: S, method: M): ClientDuplexStream<RequestOf<S, M>, ResponseOf<S, M>> {
    const { path, requestSerialize, responseDeserialize } = methodOf(this.#definition, service, method);
    return this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
  }

  /** What an error of `duplex` means. */
  explain(error: unknown, method: string): UvsError {
    return this.#failure(error, method);
  }

  #failure(error: unknown, method: string): UvsError {
    if (error instanceof UvsError) return error;
    if (isServiceError(error)) return fromServiceError(error, method, this.address, this.#refusal);
    return new UvsError('INTERNAL', `${method} of ${this.address} failed`, { cause: error });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** A function, because the compiler would take an earlier answer for the present one. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function isServiceError(error: unknown): error is ServiceError {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'number' && 'metadata' in error && error.metadata instanceof Metadata
  );
}
