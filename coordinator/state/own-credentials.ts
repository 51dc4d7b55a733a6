import { UvsError } from '../../common/errors.ts';
import type { CredentialRecord } from '../core.ts';
import type { Etcd } from '../etcd/port.ts';
import type { Clock } from '../ports.ts';
import { auditEntry } from './audit-rings.ts';
import { tolerant } from './bootstrap.ts';
import { keys } from './keys.ts';
import { parseRecord, recordText } from './parse.ts';
import { ledgerSchema } from './records.ts';

const ATTEMPTS = 8;

/**
 * Enters a certificate that was made on this coordinator's machine, where it is not on record. It need not lead for that: as for its membership
 * the transaction compares the ledger alone.
 * @throws UvsError ETCD_UNAVAILABLE
 */
export async function recordOwnCredential(etcd: Etcd, record: CredentialRecord, clock: Clock, randomId: () => string): Promise<void> {
  const key = keys.credential(record.serial);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if ((await etcd.get(key)) !== undefined) return;
    const entry = await etcd.get(keys.ledger);
    if (entry === undefined) throw new UvsError('INTERNAL', `etcd has no ${keys.ledger}`);
    const ledger = parseRecord(ledgerSchema, entry);
    const { counts, changes } = auditEntry(ledger, {
      at: clock.wallMs(),
      actor: 'coordinator/init',
      action: 'credentials.issue',
      resource: `credentials/${record.serial}`,
      message: record.identity,
    });
    await tolerant(
      etcd.txn(
        [
          { on: 'mod', key: keys.ledger, equals: entry.modRevision },
          { on: 'create', key, equals: 0 },
        ],
        [
          { do: 'put', key: keys.ledger, value: recordText({ ...ledger, ...counts, requestId: randomId() }) },
          ...changes,
          { do: 'put', key, value: recordText(record) },
        ],
      ),
    );
  }
  throw new UvsError('ETCD_UNAVAILABLE', `the certificate ${record.serial} could not be recorded in etcd`, {
    hint: 'See whether etcd is healthy.',
  });
}
