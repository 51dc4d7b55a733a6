import { UvsError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { Actor, CredentialRecord, CredentialsCore } from '../core.ts';
import type { Etcd, KeyValue } from '../etcd/port.ts';
import { rangeAll } from '../etcd/port.ts';
import { RelistingWatch } from '../etcd/relisting-watch.ts';
import { keys } from '../state/keys.ts';
import type { Mirror } from '../state/mirror.ts';
import { parseRecord } from '../state/parse.ts';
import { credentialSchema, withdrawalsSchema } from '../state/records.ts';
import { demandDispensable, isOfNeededKind } from './indispensable.ts';
import type { Leading } from './leading.ts';
import { Withdrawals, type WithdrawalList, type WithdrawalStore } from './withdrawals.ts';

/** Issued certificates, and the list of those that were withdrawn, which every coordinator follows. */
export class Credentials implements CredentialsCore, Disposable {
  readonly #etcd: Etcd;
  readonly #ownFingerprint: string;
  readonly #leading: () => Leading;
  readonly #store: WithdrawalStore;
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();
  readonly #first = Promise.withResolvers<void>();
  #watch: RelistingWatch | undefined;
  #known: Withdrawals | undefined;

  /** @param ownFingerprint of the certificate with which this coordinator serves */
  constructor(etcd: Etcd, requireLeading: () => Leading, store: WithdrawalStore, ownFingerprint: string, log: Logger) {
    this.#etcd = etcd;
    this.#ownFingerprint = ownFingerprint;
    this.#leading = requireLeading;
    this.#store = store;
    this.#log = log;
  }

  /** Resolves once the list was read, from the disk and from etcd: nobody may be let in before. @throws the signal's reason */
  async open(onTrouble: (error: Error) => void): Promise<void> {
    this.#known = await Withdrawals.open(this.#store, this.#log);
    this.#watch = new RelistingWatch(
      this.#etcd,
      keys.withdrawals,
      ({ entries }) => {
        this.#take(entries.get(keys.withdrawals));
        this.#first.resolve();
      },
      onTrouble,
    );
    await this.#first.promise;
  }

  async record(credential: CredentialRecord, actor: Actor): Promise<void> {
    await this.#leading().ledger.commit(() => ({
      changes: [{ of: 'credential', record: credential }],
      audit: {
        actor: actor.identity,
        action: 'credentials.issue',
        resource: `credentials/${credential.serial}`,
        message: whose(credential),
      },
      // what is not on record can't be withdrawn
      isPromise: true,
      result: undefined,
    }));
  }

  async list(): Promise<readonly CredentialRecord[]> {
    const { ledger } = this.#leading();
    const { entries } = await rangeAll(this.#etcd, keys.credentials);
    const { fingerprints } = this.withdrawals();
    return entries
      .map((entry) => named(parseRecord(credentialSchema, entry), ledger.mirror))
      .map((record) => ({ ...record, isWithdrawn: record.isWithdrawn || fingerprints.has(record.fingerprint) }))
      .toSorted((left, right) => left.issuedAt - right.issuedAt);
  }

  async find(serial: string): Promise<CredentialRecord> {
    const { ledger } = this.#leading();
    return named(parseRecord(credentialSchema, await this.#entry(serial)), ledger.mirror);
  }

  async withdraw(serial: string, reason: string, actor: Actor): Promise<CredentialRecord> {
    const withdrawn = await this.#leading().ledger.commit(async (mirror) => {
      const entry = await this.#entry(serial);
      const record = named(parseRecord(credentialSchema, entry), mirror);
      if (record.isWithdrawn) return { nothing: true, result: record, promisedAt: entry.modRevision };
      if (isOfNeededKind(record)) demandDispensable(record, await this.list(), this.#ownFingerprint);
      const list = await this.#etcd.get(keys.withdrawals);
      const before = this.#united(list);
      const after = { ...record, isWithdrawn: true };
      return {
        compares: [{ on: 'mod', key: keys.withdrawals, equals: list?.modRevision ?? 0 }],
        changes: [
          { of: 'credential', record: after },
          { of: 'withdrawals', counter: before.counter + 1, fingerprints: [...before.fingerprints.add(record.fingerprint)] },
        ],
        audit: {
          actor: actor.identity,
          action: 'credentials.withdraw',
          resource: `credentials/${serial}`,
          message: `${whose(record)}${reason === '' ? '' : `: ${reason}`}`,
        },
        isPromise: true,
        result: after,
      };
    });
    // whoever asked may rely on it at once, here; the others follow by their watch
    this.#take(await this.#etcd.get(keys.withdrawals));
    await this.#known?.demandWritten();
    return withdrawn;
  }

  /** Writes into etcd what it has forgotten of the withdrawals that this coordinator knows: it was put back. */
  async restore(): Promise<void> {
    await this.#leading().ledger.commit<void>(async () => {
      const list = await this.#etcd.get(keys.withdrawals);
      const known = new Set(list === undefined ? [] : parseRecord(withdrawalsSchema, list).fingerprints);
      const forgotten = [...this.withdrawals().fingerprints].filter((one) => !known.has(one));
      if (forgotten.length === 0) return { nothing: true, result: undefined };
      const { counter, fingerprints } = this.#united(list);
      return {
        compares: [{ on: 'mod', key: keys.withdrawals, equals: list?.modRevision ?? 0 }],
        changes: [{ of: 'withdrawals', counter: counter + 1, fingerprints: [...fingerprints] }],
        audit: {
          actor: 'coordinator',
          action: 'credentials.restore-withdrawals',
          resource: 'credentials',
          message: `${forgotten.length} withdrawals that etcd had forgotten`,
        },
        result: undefined,
      };
    });
  }

  withdrawals(): WithdrawalList {
    return this.#known?.list ?? { counter: 0, fingerprints: new Set() };
  }

  onWithdrawal(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
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
    if (this.#known?.take({ counter, fingerprints: new Set(fingerprints) }) !== true) return;
    for (const listener of this.#listeners) listener();
  }

  /** What etcd says, and what this coordinator knows besides. */
  #united(entry: KeyValue | undefined): { readonly counter: number; readonly fingerprints: Set<string> } {
    const { counter, fingerprints } = entry === undefined ? { counter: 0, fingerprints: [] } : parseRecord(withdrawalsSchema, entry);
    const known = this.withdrawals();
    return { counter: Math.max(counter, known.counter), fingerprints: new Set([...fingerprints, ...known.fingerprints]) };
  }
}

/** With the name that its node has by now, where it is enrolled. */
function named(record: CredentialRecord, { nodes }: Pick<Mirror, 'nodes'>): CredentialRecord {
  const [kind, uid = ''] = record.identity.split('/');
  return kind === 'node' ? { ...record, hostname: nodes.get(uid)?.hostname ?? record.hostname } : record;
}

function whose({ identity, hostname }: CredentialRecord): string {
  return hostname === undefined ? identity : `${identity} (${hostname})`;
}
