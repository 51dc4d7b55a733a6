import { UvsError } from '../../common/errors.ts';
import type { Actor, CredentialRecord, CredentialsCore } from '../core.ts';
import type { Etcd, KeyValue } from '../etcd/port.ts';
import { rangeAll } from '../etcd/port.ts';
import { RelistingWatch } from '../etcd/relisting-watch.ts';
import { keys } from '../state/keys.ts';
import { parseRecord } from '../state/parse.ts';
import { credentialSchema, withdrawalsSchema } from '../state/records.ts';
import { demandDispensable, isOfNeededKind } from './indispensable.ts';
import type { Leading } from './leading.ts';

interface Withdrawals {
  readonly counter: number;
  readonly fingerprints: ReadonlySet<string>;
}

/** Issued certificates, and the list of those that were withdrawn, which every coordinator follows. */
export class Credentials implements CredentialsCore, Disposable {
  readonly #etcd: Etcd;
  readonly #ownFingerprint: string;
  readonly #leading: () => Leading;
  readonly #watch: RelistingWatch;
  readonly #listeners = new Set<() => void>();
  readonly #first = Promise.withResolvers<void>();
  #known: Withdrawals = { counter: 0, fingerprints: new Set() };

  /** @param ownFingerprint of the certificate with which this coordinator serves */
  constructor(etcd: Etcd, requireLeading: () => Leading, onTrouble: (error: Error) => void, ownFingerprint: string) {
    this.#etcd = etcd;
    this.#ownFingerprint = ownFingerprint;
    this.#leading = requireLeading;
    this.#watch = new RelistingWatch(
      etcd,
      keys.withdrawals,
      ({ entries }) => {
        this.#take(entries.get(keys.withdrawals));
        this.#first.resolve();
      },
      onTrouble,
    );
  }

  /** Resolves once the list was read: nobody may be let in before. */
  get ready(): Promise<void> {
    return this.#first.promise;
  }

  async record(credential: CredentialRecord, actor: Actor): Promise<void> {
    await this.#leading().ledger.commit(() => ({
      changes: [{ of: 'credential', record: credential }],
      audit: {
        actor: actor.identity,
        action: 'credentials.issue',
        resource: `credentials/${credential.serial}`,
        message: credential.identity,
      },
      result: undefined,
    }));
  }

  async list(): Promise<readonly CredentialRecord[]> {
    this.#leading();
    const { entries } = await rangeAll(this.#etcd, keys.credentials);
    return entries.map((entry) => parseRecord(credentialSchema, entry)).toSorted((left, right) => left.issuedAt - right.issuedAt);
  }

  async find(serial: string): Promise<CredentialRecord> {
    this.#leading();
    return parseRecord(credentialSchema, await this.#entry(serial));
  }

  async withdraw(serial: string, reason: string, actor: Actor): Promise<CredentialRecord> {
    const withdrawn = await this.#leading().ledger.commit(async () => {
      const record = parseRecord(credentialSchema, await this.#entry(serial));
      if (record.isWithdrawn) return { nothing: true, result: record };
      if (isOfNeededKind(record)) demandDispensable(record, await this.list(), this.#ownFingerprint);
      const list = await this.#etcd.get(keys.withdrawals);
      const before = list === undefined ? { counter: 0, fingerprints: [] } : parseRecord(withdrawalsSchema, list);
      const after = { ...record, isWithdrawn: true };
      return {
        compares: [{ on: 'mod', key: keys.withdrawals, equals: list?.modRevision ?? 0 }],
        changes: [
          { of: 'credential', record: after },
          { of: 'withdrawals', counter: before.counter + 1, fingerprints: [...before.fingerprints, record.fingerprint] },
        ],
        audit: {
          actor: actor.identity,
          action: 'credentials.withdraw',
          resource: `credentials/${serial}`,
          message: `${record.identity}${reason === '' ? '' : `: ${reason}`}`,
        },
        result: after,
      };
    });
    // whoever asked may rely on it at once, here; the others follow by their watch
    this.#take(await this.#etcd.get(keys.withdrawals));
    return withdrawn;
  }

  withdrawals(): Withdrawals {
    return this.#known;
  }

  onWithdrawal(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  async #entry(serial: string): Promise<KeyValue> {
    const entry = await this.#etcd.get(keys.credential(serial));
    if (entry !== undefined) return entry;
    throw new UvsError('NOT_FOUND', `there is no credential with the serial ${serial.slice(0, 64)}`, {
      hint: '"uvsctl credentials list" shows them.',
      details: { serial: serial.slice(0, 64) },
    });
  }

  #take(entry: KeyValue | undefined): void {
    if (entry === undefined) return;
    const { counter, fingerprints } = parseRecord(withdrawalsSchema, entry);
    if (counter <= this.#known.counter) return;
    this.#known = { counter, fingerprints: new Set(fingerprints) };
    for (const listener of this.#listeners) listener();
  }
}
