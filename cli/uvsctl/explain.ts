import type { UvsError } from '../../common/errors.ts';
import { errorText } from '../error-text.ts';
import { jsonLine } from '../output/json.ts';

/** What is known of the caller when something fails. */
export interface FailureContext {
  readonly identity: string | undefined;
  readonly isJson: boolean;
}

/** What to do where the error itself brought no hint. */
const fallbackHints: Readonly<Partial<Record<UvsError['reason'], string>>> = {
  UNREACHABLE: 'Check that uvs-coordinator runs there and that the port is open; the addresses come from the credential file.',
  NO_LEADER: 'Try again in a few seconds; if it stays so, check etcd and the coordinators (systemctl status uvs-coordinator).',
  ETCD_UNAVAILABLE: 'Check the etcd cluster (etcdctl endpoint health); nothing was changed.',
  DEADLINE_EXCEEDED: 'Try again, or give it longer with --timeout SECONDS.',
  CERTIFICATE_WITHDRAWN: 'Ask an admin for a new credential (uvsctl credentials issue).',
  UNAUTHENTICATED: 'Ask an admin for a credential of this cluster (uvsctl credentials issue).',
  PERMISSION_DENIED: 'Use a credential with the needed role (--credential FILE), or ask an admin to issue one (uvsctl credentials issue).',
  INTERNAL: 'This is a fault of UVS itself; please report it with the output of the same command and --json.',
};

/** What leads out where nobody of whom the credential knows is there any more: others may be. */
const anotherCredential =
  'Others than these are not known here: "uvs-coordinator credential --dir /etc/uvs --name NAME --out FILE" on the machine of a coordinator that runs makes a credential that names all.';

function hintOf({ reason, hint, details }: UvsError): string | undefined {
  const known = hint ?? fallbackHints[reason];
  return reason === 'UNREACHABLE' && details['addresses'] !== undefined ? `${known} ${anotherCredential}` : known;
}

/** One sentence what is wrong and one what to do, as lines for standard error; one line of JSON where that is asked for. */
export function explainError(error: UvsError, { identity, isJson }: FailureContext): string {
  const hint = hintOf(error);
  const { reason, message, details } = error;
  if (isJson) {
    return jsonLine({ error: { reason, message, ...(hint === undefined ? {} : { hint }), details } }).trimEnd();
  }
  const isAboutMe = error.reason === 'PERMISSION_DENIED' || error.reason === 'CERTIFICATE_WITHDRAWN' || error.reason === 'UNAUTHENTICATED';
  const as = isAboutMe && identity !== undefined && !error.message.includes(identity) ? ` (you are ${identity})` : '';
  return errorText('uvsctl', { message, reason, hint }, as);
}
