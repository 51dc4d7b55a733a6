import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { UvsError } from '../../common/errors.ts';
import { peerOf, type Peer } from '../../common/rpc/peer.ts';
import { notEnrolled } from '../agents/not-enrolled.ts';
import { Recent } from '../agents/recent.ts';
import type { Clock } from '../ports.ts';

export interface CallersOptions {
  readonly cluster: string;
  readonly clock: Clock;
  readonly isWithdrawn: (fingerprint: string) => boolean;
  /** Works on every coordinator. */
  readonly isEnrolled: (uid: string) => Promise<boolean>;
}

/** Whoever is at the other end of a connection. */
export interface Caller {
  readonly peer: Peer;
  readonly enrolment: Recent<boolean>;
  /** As last found. */
  isEnrolled: boolean;
}

/** How long a node is taken for enrolled after it was found to be: a package is read by many requests on one connection. */
const FRESH_MS = 5_000;

/** Knows who calls over each connection, and whether they still may. */
export class Callers {
  readonly #options: CallersOptions;
  readonly #callers = new Map<Socket, Caller>();

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  /** @throws UvsError UNAUTHENTICATED */
  of(socket: Socket): Caller {
    const known = this.#callers.get(socket);
    if (known !== undefined) return known;
    if (!(socket instanceof TLSSocket) || !socket.authorized)
      throw new UvsError('UNAUTHENTICATED', 'the client sent no certificate of this cluster');
    const { clock, cluster, isEnrolled } = this.#options;
    const peer = peerOf(socket.getPeerX509Certificate(), cluster);
    const caller = { peer, enrolment: new Recent(() => isEnrolled(peer.identity.id), clock, FRESH_MS), isEnrolled: false };
    this.#callers.set(socket, caller);
    socket.once('close', () => this.#callers.delete(socket));
    return caller;
  }

  /**
   * Refuses whose certificate was withdrawn, and a node that is not enrolled. While etcd does not say who is, whoever was holds on to the
   * connection, and a new one has to try again.
   * @throws UvsError CERTIFICATE_WITHDRAWN, PERMISSION_DENIED, UNREACHABLE
   */
  async demand(caller: Caller): Promise<void> {
    const { peer } = caller;
    if (this.#options.isWithdrawn(peer.fingerprint))
      throw new UvsError('CERTIFICATE_WITHDRAWN', `the certificate of ${peer.name} was withdrawn`);
    if (peer.identity.kind !== 'node') return;
    try {
      caller.isEnrolled = await caller.enrolment.get();
    } catch (cause) {
      if (caller.isEnrolled) return;
      throw new UvsError('UNREACHABLE', `whether ${peer.name} is enrolled can't be found out now`, { cause, hint: 'Try again.' });
    }
    if (!caller.isEnrolled) throw notEnrolled(peer.identity.id);
  }

  /** Cuts the connections of all whose certificates were withdrawn. */
  closeWithdrawn(): void {
    for (const [socket, { peer }] of this.#callers) if (this.#options.isWithdrawn(peer.fingerprint)) socket.destroy();
  }
}
