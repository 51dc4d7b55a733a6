import { createHash } from 'node:crypto';
import { UvsError } from '../../common/errors.ts';
import type { Actor } from '../core.ts';
import { isRefusedByEtcd } from '../etcd/failure.ts';
import type { Etcd } from '../etcd/port.ts';
import type { Clock } from '../ports.ts';
import { canonicalText } from './canonical.ts';
import { keys } from './keys.ts';
import type { Decide, Decision } from './decision.ts';
import type { Ledger } from './ledger.ts';
import type { Mirror } from './mirror.ts';
import { parseRecord } from './parse.ts';
import { requestSchema } from './records.ts';

/** A client's request id is remembered for at least this long. */
const REMEMBERED_MS = 3_600_000;
/** One lease carries the ids of a whole period. */
const LEASE_SECONDS = (2 * REMEMBERED_MS) / 1000;

/** A client's wish that may be repeated: an empty id is one that is not. */
export interface ClientRequest {
  readonly actor: Actor;
  readonly action: string;
  /** All else that the client asks for: the same id with something else is no repetition. */
  readonly content: unknown;
  readonly requestId: string;
}

/** A decision whose author is the client; the result is a name. */
export type Wish = Omit<Decision<string>, 'audit'> & { readonly audit: { readonly resource: string; readonly message: string } };

/**
 * Makes repeated requests one. What a request has led to (a name, e.g. "rollouts/ro-1") is written in its own transaction under
 * requests/<hash of identity and id>, on a lease of two hours that is renewed hourly, so that every coordinator that comes to lead finds it.
 */
export class Requests {
  readonly #etcd: Etcd;
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  #lease: { readonly id: string; readonly grantedMs: number } | undefined;

  constructor(etcd: Etcd, ledger: Ledger, clock: Clock) {
    this.#etcd = etcd;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /**
   * Decides once per request id; a repetition returns the first result.
   * @throws CONFLICT where the id was used for something else; what `decide` throws
   */
  async perform(request: ClientRequest, decide: (mirror: Mirror) => Wish | Promise<Wish>): Promise<string> {
    const key = keys.request(hashOf(`${request.actor.identity}\0${request.requestId}`).slice(0, 40));
    const content = hashOf(canonicalText(request.content));
    const lease = request.requestId === '' ? undefined : await this.#currentLease();
    const decideOnce: Decide<string> = async (mirror) => {
      if (lease !== undefined) {
        const earlier = await this.#earlier(key, content, request);
        if (earlier !== undefined) return { nothing: true, ...earlier };
      }
      const decision = await decide(mirror);
      return {
        ...decision,
        // an operator who was told "done" counts on it
        isPromise: true,
        audit: { actor: request.actor.identity, action: request.action, ...decision.audit },
        otherChanges: [
          ...(decision.otherChanges ?? []),
          ...(lease === undefined
            ? []
            : [{ do: 'put' as const, key, value: JSON.stringify({ action: request.action, content, result: decision.result }), lease }]),
        ],
      };
    };
    try {
      return await this.#ledger.commit(decideOnce);
    } catch (error) {
      // its lease may be gone, e.g. revoked by hand: the next request must not fail for it as well
      if (isRefusedByEtcd(error) && this.#lease?.id === lease) this.#lease = undefined;
      throw error;
    }
  }

  async #earlier(key: string, content: string, request: ClientRequest): Promise<{ result: string; promisedAt: number } | undefined> {
    const entry = await this.#etcd.get(key);
    if (entry === undefined) return undefined;
    const earlier = parseRecord(requestSchema, entry);
    if (earlier.action === request.action && earlier.content === content) return { result: earlier.result, promisedAt: entry.modRevision };
    const other = earlier.action === request.action ? `another ${earlier.action}` : earlier.action;
    throw new UvsError('CONFLICT', `the request id ${request.requestId} was used for ${other}`, {
      hint: 'Every request needs an id of its own; only a repetition uses it again.',
    });
  }

  async #currentLease(): Promise<string> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#lease === undefined || nowMs - this.#lease.grantedMs > REMEMBERED_MS) {
      this.#lease = { id: (await this.#etcd.leaseGrant(LEASE_SECONDS)).id, grantedMs: nowMs };
    }
    return this.#lease.id;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
