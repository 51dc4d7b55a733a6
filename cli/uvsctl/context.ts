import type { CallLimits } from '../../common/rpc/client.ts';
import type { MethodName, RequestOf, ResponseOf, ServiceName } from '../../common/rpc/services.ts';
import type { Credential } from '../../common/credential.ts';
import type { Terminal } from '../output/terminal.ts';

/** What the commands need of the cluster's client. */
export interface Api {
  call<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    limits?: CallLimits,
  ): Promise<ResponseOf<S, M>>;
  stream<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    limits?: CallLimits,
  ): AsyncGenerator<ResponseOf<S, M>, void, undefined>;
}

/** What every command gets: whom it speaks to, and as whom. */
export interface Context {
  readonly terminal: Terminal;
  readonly isJson: boolean;
  readonly api: Api;
  readonly credential: Credential;
  /** Aborts at Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** For one call: --timeout and the signal. */
  readonly callLimits: CallLimits;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A fresh id for a mutation, so that a repeated request takes effect once. */
  readonly newRequestId: () => string;
}

/** What a command does; returns the exit code, nothing meaning 0. */
type Handler<Arguments extends readonly unknown[]> = (context: Context, ...given: Arguments) => Promise<number | void>;

/** Wraps a handler for commander: makes the context when the command runs, and keeps its exit code. */
export type Run = <Arguments extends readonly unknown[]>(handler: Handler<Arguments>) => (...given: Arguments) => Promise<void>;
