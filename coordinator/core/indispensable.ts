import { UvsError } from '../../common/errors.ts';
import type { CredentialRecord } from '../core.ts';

const ADMIN = 'admin/';
const COORDINATOR = 'coordinator/';

/** Whether others have to be looked at before a certificate is withdrawn: nobody could use, or mend, a cluster without any of its kind. */
export function isOfNeededKind({ identity }: CredentialRecord): boolean {
  return identity.startsWith(ADMIN) || identity.startsWith(COORDINATOR);
}

/**
 * Refuses to withdraw what the cluster can't do without: the last admin's certificate, and that of the coordinator that leads.
 * @param all every certificate on record
 * @param leaderFingerprint of the certificate with which this leader serves
 * @throws UvsError NOT_ALLOWED_NOW
 */
export function demandDispensable(record: CredentialRecord, all: readonly CredentialRecord[], leaderFingerprint: string): void {
  const isLeft = (kind: string): boolean =>
    all.some((other) => other.serial !== record.serial && !other.isWithdrawn && other.identity.startsWith(kind));
  if (record.identity.startsWith(ADMIN) && !isLeft(ADMIN)) {
    throw refusal(
      record,
      `${record.identity} is the last admin`,
      'Issue another first: uvsctl credentials issue NAME --role admin --out FILE',
    );
  }
  if (record.fingerprint !== leaderFingerprint) return;
  if (!isLeft(COORDINATOR)) {
    throw refusal(record, `${record.identity} is the last coordinator`, 'Add another first: uvs-coordinator add.');
  }
  throw refusal(
    record,
    `${record.identity} leads the cluster with this certificate`,
    'Stop uvs-coordinator on its machine: as soon as another coordinator leads, it can be withdrawn.',
  );
}

function refusal({ serial, identity }: CredentialRecord, message: string, hint: string): UvsError {
  return new UvsError('NOT_ALLOWED_NOW', message, { hint, details: { serial, identity } });
}
