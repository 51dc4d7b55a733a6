import { UvsError } from '../../common/errors.ts';
import type { Actor, Listing, PackagesCore } from '../core.ts';
import type { PackageRecord } from '../domain.ts';
import { isUnknownOutcome } from '../etcd/failure.ts';
import type { Etcd } from '../etcd/port.ts';
import { rangeAll } from '../etcd/port.ts';
import { RelistingWatch } from '../etcd/relisting-watch.ts';
import { keys } from '../state/keys.ts';
import { hasEnded } from '../state/mirror.ts';
import { parseRecord, recordText } from '../state/parse.ts';
import { packageSchema } from '../state/records.ts';
import type { Leading } from './leading.ts';
import { digestOf } from '../goal.ts';

const SHORTEST_PREFIX = 8;
const DIGEST = /^[0-9a-f]{64}$/u;
const ATTEMPTS = 16;

/** Package metadata; the bytes are the blob stores' concern. */
export class Packages implements PackagesCore {
  readonly #etcd: Etcd;
  readonly #leading: () => Leading;
  readonly #onTrouble: (error: Error) => void;

  constructor(etcd: Etcd, requireLeading: () => Leading, onTrouble: (error: Error) => void) {
    this.#etcd = etcd;
    this.#leading = requireLeading;
    this.#onTrouble = onTrouble;
  }

  async list(): Promise<readonly PackageRecord[]> {
    this.#leading();
    const { entries } = await rangeAll(this.#etcd, keys.packages);
    return entries.map((entry) => parseRecord(packageSchema, entry)).toSorted((left, right) => right.createdAt - left.createdAt);
  }

  async find(name: string): Promise<PackageRecord> {
    const all = await this.list();
    const isPrefix = name.length >= SHORTEST_PREFIX && /^[0-9a-f]+$/u.test(name);
    // whoever names a digest means that package and no other, also where it is gone: a maker may give a version any text
    const found = DIGEST.test(name)
      ? all.filter((record) => record.digest === name)
      : all.filter((record) => record.version === name || (isPrefix && record.digest.startsWith(name)));
    const [first, second] = found;
    if (first === undefined) {
      throw new UvsError('NOT_FOUND', `there is no package ${name.slice(0, 100)}`, {
        hint: '"uvsctl packages list" shows the packages.',
        details: { package: name.slice(0, 100) },
      });
    }
    if (second !== undefined) {
      throw new UvsError(
        'CONFLICT',
        `${name} names ${found.length} packages: ${found.map((record) => record.digest.slice(0, 12)).join(', ')}`,
        {
          hint: 'Name it by its digest.',
        },
      );
    }
    return first;
  }

  /**
   * Where it is there already only its holders are entered.
   * @returns what is listed then
   * @throws NO_MAJORITY where its holders are no majority of the members at the revision that the ledger is compared at: one may have come meanwhile
   */
  async add(record: PackageRecord, actor: Actor): Promise<PackageRecord> {
    const listed = await this.#leading().ledger.commit<PackageRecord>(async (mirror) => {
      const entry = await this.#etcd.get(keys.package(record.digest));
      if (entry !== undefined) return { nothing: true, result: parseRecord(packageSchema, entry) };
      demandMajority(record, [...mirror.members.keys()]);
      return {
        changes: [{ of: 'package', record }],
        audit: {
          actor: actor.identity,
          action: 'packages.add',
          resource: `packages/${record.digest}`,
          message: `${record.product} ${record.version}`,
        },
        result: record,
      };
    });
    const holders = new Set([...listed.holders, ...record.holders]);
    for (const holder of holders) if (!listed.holders.includes(holder)) await this.addHolder(record.digest, holder);
    return { ...listed, holders: [...holders].toSorted() };
  }

  /** Works on every coordinator: who holds the bytes decides nothing, so it needs no ledger, only that nobody's entry is lost. */
  async addHolder(digest: string, memberId: string): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const entry = await this.#etcd.get(keys.package(digest));
      if (entry === undefined) throw new UvsError('NOT_FOUND', `there is no package ${digest}`, { details: { package: digest } });
      const record = parseRecord(packageSchema, entry);
      if (record.holders.includes(memberId)) return;
      const value = recordText({ ...record, holders: [...record.holders, memberId].toSorted() });
      try {
        const result = await this.#etcd.txn(
          [{ on: 'mod', key: entry.key, equals: entry.modRevision }],
          [{ do: 'put', key: entry.key, value }],
        );
        if (result.isDone) return;
      } catch (error) {
        if (!isUnknownOutcome(error)) throw error;
      }
    }
    throw new UvsError('CONFLICT', `it could not be entered that ${memberId} holds package ${digest}`, { hint: 'Try again.' });
  }

  async remove(digest: string, actor: Actor, requestId: string): Promise<void> {
    const { requests } = this.#leading();
    await requests.perform({ actor, action: 'packages.remove', content: { digest }, requestId }, async (mirror) => {
      const entry = await this.#etcd.get(keys.package(digest));
      if (entry === undefined) {
        throw new UvsError('NOT_FOUND', `there is no package ${digest}`, { details: { package: digest } });
      }
      const user = [...mirror.rollouts.values()].find(({ plan, state }) => digestOf(plan.spec) === digest && !hasEnded(state));
      if (user !== undefined) {
        throw new UvsError('NOT_ALLOWED_NOW', `rollout ${user.plan.id} uses package ${digest.slice(0, 12)} and has not ended`, {
          hint: 'Wait for it, or abort it.',
          details: { rollout: user.plan.id },
        });
      }
      return {
        changes: [{ of: 'package-gone', digest }],
        audit: { resource: `packages/${digest}`, message: parseRecord(packageSchema, entry).version },
        result: digest,
      };
    });
  }

  async listing(digest: string): Promise<Listing> {
    const key = keys.package(digest);
    const { revision, entries } = await this.#etcd.range(key, { limit: 1, isKeysOnly: true });
    return { revision, isListed: entries.some((entry) => entry.key === key) };
  }

  watch(listener: (packages: readonly PackageRecord[], revision: number) => void): Disposable {
    return new RelistingWatch(
      this.#etcd,
      keys.packages,
      ({ entries, revision }) =>
        listener(
          [...entries.values()].map((entry) => parseRecord(packageSchema, entry)),
          revision,
        ),
      this.#onTrouble,
    );
  }
}

function demandMajority(record: PackageRecord, members: readonly string[]): void {
  const holders = members.filter((id) => record.holders.includes(id));
  if (2 * holders.length > members.length) return;
  const missing = members.filter((id) => !record.holders.includes(id));
  throw new UvsError(
    'NO_MAJORITY',
    `${holders.length} of ${members.length} coordinators hold package ${record.digest.slice(0, 12)}; missing: ${missing.join(', ')}`,
    {
      hint: 'Start the missing coordinators and send the upload again; its bytes are kept.',
      details: { missing: missing.join(',') },
    },
  );
}
