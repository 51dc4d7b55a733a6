import type { EventEmitter } from 'node:events';
import type { PeerCertificate } from 'node:tls';
import type { handleBidiStreamingCall, handleServerStreamingCall, handleUnaryCall, ServerDuplexStream } from '@grpc/grpc-js';
import { abortError } from '../deadline.ts';
import { toUvsError, UvsError } from '../errors.ts';
import { encodeError } from './error-details.ts';
import { peerOf, type Peer } from './peer.ts';

/** What a handler knows of its call besides the request. */
export interface CallContext {
  readonly peer: Peer;
  /** Aborts when the client has gone, its deadline has passed or, for a unary call, the server's own. */
  readonly signal: AbortSignal;
}

export interface HandlerOptions {
  readonly cluster: string;
  /** Upper bound of a unary call, whatever the client asked; default 120 s. */
  readonly unaryMs?: number;
  /** How long a client may leave a stream's answers unread before it is dropped; default 30 s. */
  readonly stallMs?: number;
  readonly onInternal: (method: string, error: UvsError) => void;
}

/** The far end of a stream of both directions. */
export interface Channel<Response> {
  readonly peer: Peer;
  /** Queues a message; a peer that leaves too many unread is dropped. */
  send(message: Response): void;
  /** Ends the stream, with an error where one is given. Later calls do nothing. */
  end(error?: UvsError): void;
}

export interface ChannelListener<Request> {
  /** What it throws ends the stream. */
  receive(message: Request): void;
  /** Called exactly once, whichever side ended. */
  closed(): void;
}

const UNARY_MS = 120_000;
const STALL_MS = 30_000;
/** Messages that a duplex peer may leave unread; the protocol between agent and coordinator needs a handful. */
const MAX_UNREAD = 1024;

type SurfaceCall = EventEmitter & {
  readonly cancelled: boolean;
  getAuthContext(): { readonly sslPeerCertificate?: PeerCertificate };
  getPath(): string;
};

/** Makes grpc-js handlers of async functions: a rejection always becomes an answer, an error of ours keeps its reason. */
export class Handlers {
  readonly #options: HandlerOptions;

  constructor(options: HandlerOptions) {
    this.#options = options;
  }

  unary<Request, Response>(handle: (request: Request, context: CallContext) => Promise<Response>): handleUnaryCall<Request, Response> {
    return (call, callback) => {
      const limitMs = this.#options.unaryMs ?? UNARY_MS;
      const { peer, controller } = this.#begin(call);
      const timer = setTimeout(() => {
        controller.abort(new UvsError('DEADLINE_EXCEEDED', `${call.getPath()} did not end within ${limitMs / 1000} s`));
      }, limitMs);
      const stopped = new Promise<never>((_resolve, reject) => {
        controller.signal.addEventListener('abort', () => reject(abortError(controller.signal, call.getPath())), { once: true });
      });
      const answer = async (): Promise<Response> => await handle(call.request, { peer: peer(), signal: controller.signal });
      const outcome = async (): Promise<{ readonly response: Response } | { readonly error: ReturnType<Handlers['encode']> }> => {
        try {
          return { response: await Promise.race([answer(), stopped]) };
        } catch (error) {
          return { error: this.encode(call.getPath(), error) };
        } finally {
          clearTimeout(timer);
        }
      };
      const respond = async (): Promise<void> => {
        const settled = await outcome();
        if ('error' in settled) callback(settled.error);
        else callback(null, settled.response);
      };
      void respond();
    };
  }

  serverStream<Request, Response>(
    handle: (request: Request, context: CallContext) => AsyncIterable<Response>,
  ): handleServerStreamingCall<Request, Response> {
    return (call) => {
      const { peer, controller } = this.#begin(call);
      const { signal } = controller;
      const pump = async (): Promise<void> => {
        for await (const message of handle(call.request, { peer: peer(), signal })) {
          if (signal.aborted) return;
          if (!call.write(message)) await drained(call, this.#options.stallMs ?? STALL_MS, signal);
        }
      };
      pump().then(
        () => call.end(),
        (error: unknown) => {
          // The iterable ends by throwing once the client has gone: nobody is left to hear it.
          if (!call.cancelled) call.emit('error', this.encode(call.getPath(), error));
          controller.abort();
        },
      );
    };
  }

  duplex<Request, Response>(open: (channel: Channel<Response>) => ChannelListener<Request>): handleBidiStreamingCall<Request, Response> {
    return (call) => {
      let listener: ChannelListener<Request> | undefined;
      let isOver = false;
      const over = (): void => {
        if (isOver) return;
        isOver = true;
        listener?.closed();
      };
      const fail = (error: unknown): void => {
        if (isOver) return;
        call.emit('error', this.encode(call.getPath(), error));
        over();
      };
      const channel = (peer: Peer): Channel<Response> => ({
        peer,
        send: (message) => {
          if (isOver) return;
          call.write(message);
          if (call.writableLength > MAX_UNREAD) fail(tooSlow());
        },
        end: (error) => {
          if (isOver) return;
          if (error !== undefined) return fail(error);
          call.end();
          over();
        },
      });
      try {
        const { peer } = this.#begin(call);
        listener = open(channel(peer()));
      } catch (error) {
        fail(error);
        return;
      }
      wire(call, () => isOver, listener, { fail, over });
    };
  }

  /** A call's peer and the controller of its signal. `peer` throws inside the handler's promise, where it becomes an answer. */
  #begin(call: SurfaceCall): { peer: () => Peer; controller: AbortController } {
    const controller = new AbortController();
    call.on('cancelled', () => controller.abort(new UvsError('CANCELLED', `${call.getPath()} was cancelled by the client`)));
    const certificate = call.getAuthContext().sslPeerCertificate;
    return { peer: () => peerOf(certificate, this.#options.cluster), controller };
  }

  /** What a client is told of something thrown. */
  encode(method: string, thrown: unknown): Error & ReturnType<typeof encodeError> {
    const error = toUvsError(thrown);
    if (error.reason === 'INTERNAL') this.#options.onInternal(method, error);
    // What went wrong inside is for the log, not for the client.
    const told = thrown instanceof UvsError ? error : new UvsError('INTERNAL', `${method} failed; the coordinator's log says why`);
    return Object.assign(new Error(told.message), encodeError(told));
  }
}

function wire<Request, Response>(
  call: ServerDuplexStream<Request, Response>,
  isOver: () => boolean,
  listener: ChannelListener<Request>,
  ends: { readonly fail: (error: unknown) => void; readonly over: () => void },
): void {
  call.on('data', (message: Request) => {
    if (isOver()) return;
    try {
      listener.receive(message);
    } catch (error) {
      ends.fail(error);
    }
  });
  call.on('end', () => {
    if (!isOver()) call.end();
    ends.over();
  });
  call.on('cancelled', ends.over);
  call.on('error', ends.over);
  call.on('close', ends.over);
}

/** Waits until a stream takes more. @throws UvsError of the signal, or DEADLINE_EXCEEDED for a client that does not read */
async function drained(call: EventEmitter, stallMs: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      call.removeListener('drain', onDrain);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onDrain = (): void => settle(resolve);
    const onAbort = (): void => settle(() => reject(abortError(signal, 'the stream')));
    const timer = setTimeout(() => settle(() => reject(tooSlow())), stallMs);
    call.on('drain', onDrain);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

function tooSlow(): UvsError {
  return new UvsError('DEADLINE_EXCEEDED', 'the client does not read its answers', { hint: 'Connect again and read faster.' });
}
