import { ServerInterceptingCall, type ServerInterceptingCallInterface, type ServerInterceptor } from '@grpc/grpc-js';
import { toUvsError, UvsError } from '../errors.ts';
import { encodeError } from './error-details.ts';
import { peerOf, type Peer } from './peer.ts';

export interface GuardOptions {
  readonly cluster: string;
  /** Throws UvsError PERMISSION_DENIED where the peer may not call the method ("/package.Service/Method"). */
  readonly authorise: (method: string, peer: Peer) => void;
  readonly isWithdrawn: (fingerprint: string) => boolean;
  /** How long a call waits before anything of it is looked at, asked once for each call; default: none waits. */
  readonly holdMs?: (peer: Peer) => number;
  /** Whoever calls this method still hears the answer where it withdraws the caller's own certificate. */
  readonly withdrawing: string;
  readonly onDenied: (denial: {
    readonly method: string;
    readonly peer: string;
    readonly address: string;
    readonly error: UvsError;
  }) => void;
}

interface OpenCall {
  readonly method: string;
  readonly peer: Peer;
  readonly call: ServerInterceptingCallInterface;
  isRefused: boolean;
}

/**
 * Stands before every call of a server, whoever implements it (health checking and reflection too): who calls, whether the certificate is
 * still good, whether the role may. A handler never runs for a call that is refused.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #open = new Set<OpenCall>();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  readonly interceptor: ServerInterceptor = (method, call) => {
    let open: OpenCall | undefined;
    let held: NodeJS.Timeout | undefined;
    const close = (): void => {
      clearTimeout(held);
      if (open !== undefined) this.#open.delete(open);
    };
    const demand = (peer: Peer): boolean => {
      const refusal = this.#refusal(method.path, peer, call);
      if (refusal === undefined) return true;
      call.sendStatus(encodeError(refusal));
      return false;
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        const peer = this.#identify(method.path, call);
        if (peer instanceof UvsError) {
          call.sendStatus(encodeError(peer));
          return;
        }
        const holdMs = this.#options.holdMs?.(peer) ?? 0;
        if (holdMs <= 0 && !demand(peer)) return;
        open = { method: method.path, peer, call, isRefused: false };
        this.#open.add(open);
        next({
          // The handler reads its request after this: while a call is held, its client's bytes stay where they are.
          onReceiveMetadata: (metadata, pass) => {
            if (holdMs <= 0) pass(metadata);
            else held = setTimeout(() => demand(peer) && pass(metadata), holdMs);
          },
          // What a withdrawn peer still sends must not reach the handler while the stream is being closed.
          onReceiveMessage: (message, pass) => {
            if (open?.isRefused !== true) pass(message);
          },
          onCancel: close,
        });
      },
      sendStatus: (status, next) => {
        close();
        next(status);
      },
    });
  };

  /** Ends the open calls of all peers whose certificates have been withdrawn since they began. */
  closeWithdrawn(): void {
    for (const open of this.#open) {
      if (!this.#options.isWithdrawn(open.peer.fingerprint)) continue;
      open.isRefused = true;
      this.#open.delete(open);
      if (open.method === this.#options.withdrawing) continue;
      const error = withdrawn(open.peer);
      this.#options.onDenied({ method: open.method, peer: open.peer.name, address: open.call.getPeer(), error });
      open.call.sendStatus(encodeError(error));
    }
  }

  #identify(method: string, call: ServerInterceptingCallInterface): Peer | UvsError {
    try {
      return peerOf(call.getAuthContext().sslPeerCertificate, this.#options.cluster);
    } catch (thrown) {
      return this.#denied(method, 'unknown', call, thrown);
    }
  }

  #refusal(method: string, peer: Peer, call: ServerInterceptingCallInterface): UvsError | undefined {
    try {
      if (this.#options.isWithdrawn(peer.fingerprint)) throw withdrawn(peer);
      this.#options.authorise(method, peer);
      return undefined;
    } catch (thrown) {
      return this.#denied(method, peer.name, call, thrown);
    }
  }

  #denied(method: string, peer: string, call: ServerInterceptingCallInterface, thrown: unknown): UvsError {
    const error = toUvsError(thrown);
    this.#options.onDenied({ method, peer, address: call.getPeer(), error });
    return error;
  }
}

function withdrawn(peer: Peer): UvsError {
  return new UvsError('CERTIFICATE_WITHDRAWN', `the certificate of ${peer.name} was withdrawn`, {
    hint:
      peer.identity.kind === 'node'
        ? 'The node was removed or written off: let the machine join again, with a new token (uvs-agent join).'
        : 'Ask an admin for a new credential.',
    details: { fingerprint: peer.fingerprint },
  });
}
