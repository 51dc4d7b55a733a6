import { ServerInterceptingCall, type ServerInterceptingCallInterface, type ServerInterceptor } from '@grpc/grpc-js';
import { toUvsError, UvsError } from '../errors.ts';
import { encodeError } from './error-details.ts';
import { peerOf, type Peer } from './peer.ts';

export interface GuardOptions {
  readonly cluster: string;
  /** Throws UvsError PERMISSION_DENIED where the peer may not call the method ("/package.Service/Method"). */
  readonly authorise: (method: string, peer: Peer) => void;
  readonly isWithdrawn: (fingerprint: string) => boolean;
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
    const close = (): void => {
      if (open !== undefined) this.#open.delete(open);
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        const admitted = this.#admit(method.path, call);
        if (admitted instanceof UvsError) {
          call.sendStatus(encodeError(admitted));
          return;
        }
        open = { method: method.path, peer: admitted, call, isRefused: false };
        this.#open.add(open);
        next({
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

  #admit(method: string, call: ServerInterceptingCallInterface): Peer | UvsError {
    let name = 'unknown';
    try {
      const peer = peerOf(call.getAuthContext().sslPeerCertificate, this.#options.cluster);
      name = peer.name;
      if (this.#options.isWithdrawn(peer.fingerprint)) throw withdrawn(peer);
      this.#options.authorise(method, peer);
      return peer;
    } catch (thrown) {
      const error = toUvsError(thrown);
      this.#options.onDenied({ method, peer: name, address: call.getPeer(), error });
      return error;
    }
  }
}

function withdrawn(peer: Peer): UvsError {
  return new UvsError('CERTIFICATE_WITHDRAWN', `the certificate of ${peer.name} was withdrawn`, {
    hint: 'Ask an admin for a new credential.',
    details: { fingerprint: peer.fingerprint },
  });
}
