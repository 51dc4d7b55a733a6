import { UvsError } from '../../common/errors.ts';
import type { Hold, LedgerRecord, Member } from '../domain.ts';
import { isUnknownOutcome } from '../etcd/failure.ts';
import type { Etcd } from '../etcd/port.ts';
import type { Clock } from '../ports.ts';
import { auditEntry } from './audit-rings.ts';
import { keys } from './keys.ts';
import { parseRecord, recordText } from './parse.ts';
import { ledgerSchema } from './records.ts';

const ATTEMPTS = 8;

/**
 * Creates the epoch and the ledger where etcd has neither, once; an etcd that has one without the other is refused.
 * @param randomUuid for the epoch, which is compared by equality only
 */
export async function createEpoch(etcd: Etcd, randomUuid: () => string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const [epoch, ledger] = [await etcd.get(keys.epoch), await etcd.get(keys.ledger)];
    if (epoch !== undefined && ledger !== undefined) return;
    if ((epoch === undefined) !== (ledger === undefined)) {
      // read one after the other: another coordinator may have created both in between
      if (epoch === undefined && attempt === 0) continue;
      throw new UvsError('INTERNAL', `etcd has ${epoch === undefined ? keys.ledger : keys.epoch} but not the other of the two`, {
        hint: 'Restore etcd from its backup.',
      });
    }
    const record: LedgerRecord = {
      seq: 0,
      nodeEntries: 0,
      requestId: '',
      freezeReason: undefined,
      budgets: {},
      hold: undefined,
      isAdopting: false,
    };
    await tolerant(
      etcd.txn(
        [
          { on: 'create', key: keys.epoch, equals: 0 },
          { on: 'create', key: keys.ledger, equals: 0 },
        ],
        [
          { do: 'put', key: keys.epoch, value: JSON.stringify({ epoch: randomUuid() }) },
          { do: 'put', key: keys.ledger, value: recordText(record) },
        ],
      ),
    );
  }
  throw new UvsError('ETCD_UNAVAILABLE', 'the epoch could not be created in etcd', { hint: 'See whether etcd is healthy.' });
}

/**
 * Enters this coordinator, or its new addresses, among the members. It need not lead for that, so the transaction compares the ledger
 * alone: a leader's decision at the same moment fails its comparison and is made again.
 */
export async function registerMember(etcd: Etcd, member: Member, clock: Clock, randomId: () => string): Promise<void> {
  const value = recordText(member);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if ((await etcd.get(keys.member(member.id)))?.value === value) return;
    const entry = await etcd.get(keys.ledger);
    if (entry === undefined) throw new UvsError('INTERNAL', `etcd has no ${keys.ledger}`);
    const ledger = parseRecord(ledgerSchema, entry);
    const { counts, changes } = auditEntry(ledger, {
      at: clock.wallMs(),
      actor: `coordinator/${member.id}`,
      action: 'members.register',
      resource: `members/${member.id}`,
      message: `gRPC at ${member.grpcAddress}, HTTPS at ${member.httpsAddress}`,
    });
    await tolerant(
      etcd.txn(
        [{ on: 'mod', key: keys.ledger, equals: entry.modRevision }],
        [
          { do: 'put', key: keys.ledger, value: recordText({ ...ledger, ...counts, requestId: randomId() }) },
          ...changes,
          { do: 'put', key: keys.member(member.id), value },
        ],
      ),
    );
  }
  throw new UvsError('ETCD_UNAVAILABLE', `coordinator ${member.id} could not be registered in etcd`, {
    hint: 'See whether etcd is healthy.',
  });
}

/**
 * Stops all grants and begins of the whole cluster, because etcd is not what this coordinator remembers. Any coordinator may, leading or not:
 * the transaction compares the ledger alone.
 */
export async function holdCluster(etcd: Etcd, memberId: string, hold: Hold, clock: Clock, randomId: () => string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const entry = await etcd.get(keys.ledger);
    if (entry === undefined) throw new UvsError('INTERNAL', `etcd has no ${keys.ledger}`);
    const ledger = parseRecord(ledgerSchema, entry);
    const known = ledger.hold?.epochs ?? [];
    if (ledger.hold !== undefined && hold.epochs.every((epoch) => known.includes(epoch))) return;
    const merged = { reason: ledger.hold?.reason ?? hold.reason, epochs: [...new Set([...known, ...hold.epochs])] };
    const { counts, changes } = auditEntry(ledger, {
      at: clock.wallMs(),
      actor: `coordinator/${memberId}`,
      action: 'cluster.hold',
      resource: 'cluster',
      message: hold.reason,
    });
    await tolerant(
      etcd.txn(
        [{ on: 'mod', key: keys.ledger, equals: entry.modRevision }],
        [{ do: 'put', key: keys.ledger, value: recordText({ ...ledger, ...counts, requestId: randomId(), hold: merged }) }, ...changes],
      ),
    );
  }
  throw new UvsError('ETCD_UNAVAILABLE', 'it could not be written into etcd that it is not what it was', {
    hint: 'See whether etcd is healthy.',
  });
}

/** A lost answer is no failure here: what counts is read again before the next try. */
export async function tolerant(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isUnknownOutcome(error)) throw error;
  }
}
