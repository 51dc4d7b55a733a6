import { UvsError } from '../../common/errors.ts';
import type { Actor, JoinTokensCore } from '../core.ts';
import type { Etcd, KeyValue } from '../etcd/port.ts';
import { rangeAll } from '../etcd/port.ts';
import { keys } from '../state/keys.ts';
import { parseRecord } from '../state/parse.ts';
import { joinTokenSchema } from '../state/records.ts';
import type { Leading } from './leading.ts';

/** Join tokens: each a key on a lease of its own, so that no clock of ours ends it. */
export class JoinTokens implements JoinTokensCore {
  readonly #etcd: Etcd;
  readonly #leading: () => Leading;

  constructor(etcd: Etcd, requireLeading: () => Leading) {
    this.#etcd = etcd;
    this.#leading = requireLeading;
  }

  async create(id: string, uses: number, ttlSeconds: number, actor: Actor): Promise<void> {
    const { ledger } = this.#leading();
    const lease = await this.#etcd.leaseGrant(ttlSeconds);
    await ledger.commit(() => ({
      compares: [{ on: 'create', key: keys.token(id), equals: 0 }],
      changes: [{ of: 'join-token', id, usesLeft: uses, lease: lease.id }],
      audit: { actor: actor.identity, action: 'tokens.create', resource: `joinTokens/${id}`, message: `${uses} uses, ${ttlSeconds} s` },
      isPromise: true,
      result: undefined,
    }));
  }

  async list(): Promise<readonly { id: string; usesLeft: number; ttlSeconds: number }[]> {
    this.#leading();
    const { entries } = await rangeAll(this.#etcd, keys.tokens);
    return Promise.all(
      entries.map(async (entry) => ({
        ...parseRecord(joinTokenSchema, entry),
        ttlSeconds: await this.#etcd.leaseTimeToLive(entry.lease),
      })),
    );
  }

  async revoke(id: string, actor: Actor): Promise<void> {
    const wasThere = await this.#leading().ledger.commit<boolean>(async ({ ledgerRevision }) => {
      // that it is gone is relied on too, and may not be on the disk yet
      if ((await this.#etcd.get(keys.token(id))) === undefined) return { nothing: true, result: false, promisedAt: ledgerRevision };
      return {
        changes: [{ of: 'join-token-gone', id }],
        audit: { actor: actor.identity, action: 'tokens.revoke', resource: `joinTokens/${id}`, message: '' },
        isPromise: true,
        result: true,
      };
    });
    if (wasThere) return;
    throw new UvsError('NOT_FOUND', `there is no join token ${id}`, {
      hint: 'It was used up, revoked, or its time is over.',
      details: { token: id },
    });
  }

  async demand(id: string): Promise<void> {
    this.#leading();
    await this.#living(id);
  }

  async consume(id: string): Promise<void> {
    await this.#leading().ledger.commit(async () => {
      const { entry, usesLeft } = await this.#living(id);
      return {
        compares: [{ on: 'mod', key: entry.key, equals: entry.modRevision }],
        changes: [{ of: 'join-token', id, usesLeft: usesLeft - 1, lease: entry.lease }],
        audit: { actor: `joining/${id}`, action: 'tokens.use', resource: `joinTokens/${id}`, message: `${usesLeft - 1} uses left` },
        result: undefined,
      };
    });
  }

  async #living(id: string): Promise<{ readonly entry: KeyValue; readonly usesLeft: number }> {
    const entry = await this.#etcd.get(keys.token(id));
    const usesLeft = entry === undefined ? 0 : parseRecord(joinTokenSchema, entry).usesLeft;
    if (entry !== undefined && usesLeft > 0) return { entry, usesLeft };
    throw new UvsError(
      'PERMISSION_DENIED',
      `the join token ${id} is no longer good: ${entry === undefined ? 'its time is over' : 'no use is left'}`,
      {
        hint: 'Ask for a new one: uvsctl join-tokens create.',
        details: { token: id },
      },
    );
  }
}
