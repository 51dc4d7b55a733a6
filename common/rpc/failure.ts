import { status, type ServiceError } from '@grpc/grpc-js';
import { UvsError, type Reason } from '../errors.ts';
import { decodeErrorDetails, isReason } from './error-details.ts';

/** Reasons for failures that carry none, or one that this version does not know. */
const reasonOfCode: Readonly<Partial<Record<status, Reason>>> = {
  [status.CANCELLED]: 'CANCELLED',
  [status.INVALID_ARGUMENT]: 'INVALID_ARGUMENT',
  [status.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [status.NOT_FOUND]: 'NOT_FOUND',
  [status.ALREADY_EXISTS]: 'ALREADY_EXISTS',
  [status.PERMISSION_DENIED]: 'PERMISSION_DENIED',
  [status.FAILED_PRECONDITION]: 'NOT_ALLOWED_NOW',
  [status.ABORTED]: 'CONFLICT',
  [status.RESOURCE_EXHAUSTED]: 'TOO_MANY',
  [status.UNAVAILABLE]: 'UNREACHABLE',
  [status.UNAUTHENTICATED]: 'UNAUTHENTICATED',
};

/** How grpc-js begins the text of a call that never left. */
const NOT_CONNECTED = 'No connection established';

/** What it says where the connection ended between the TLS handshake, in which TLS 1.3 does not wait for the server's verdict, and HTTP/2. */
const CLOSED_AT_ONCE = 'Failed to connect';

/** What OpenSSL says of a server whose certificate is not of our authority. */
const foreignAuthority = /self[- ]signed certificate|unable to (get|verify)|certificate signature failure|SELF_SIGNED|UNABLE_TO_/i;
/** What it says where the server refuses our certificate. */
const refusedByPeer = /alert (number )?(bad certificate|unknown ca|certificate required|certificate revoked|access denied|4[2-9])/i;

/** Turns the failure of a call into a UvsError. `details.sent` is "no" where the call surely never reached the coordinator. */
export function fromServiceError(error: ServiceError, method: string, address: string, refusal: UvsError | undefined): UvsError {
  const said = decodeErrorDetails(error.metadata);
  if (said !== undefined) {
    const fallback = reasonOfCode[error.code] ?? 'INTERNAL';
    const details = isReason(said.reason) ? said.details : { ...said.details, reason: said.reason };
    return new UvsError(isReason(said.reason) ? said.reason : fallback, error.details, {
      details,
      hint: said.hint,
    });
  }
  if (error.code === status.UNAVAILABLE) return connectionError(error, address, refusal);
  if (error.code === status.UNIMPLEMENTED) {
    return new UvsError('INTERNAL', `the coordinator at ${address} does not know ${method}`, {
      cause: error,
      hint: 'It runs another version; bring both to the same.',
    });
  }
  return new UvsError(reasonOfCode[error.code] ?? 'INTERNAL', `${address} answered ${method} with: ${error.details}`, { cause: error });
}

function connectionError(error: ServiceError, address: string, refusal: UvsError | undefined): UvsError {
  const isUnsent = error.details.startsWith(NOT_CONNECTED);
  const details = { address, sent: isUnsent ? 'no' : 'perhaps' };
  if (isUnsent && refusal !== undefined) {
    return new UvsError(refusal.reason, `${address}: ${refusal.message}`, {
      cause: refusal,
      details,
      hint: refusal.hint,
    });
  }
  const text = error.details.replace(/^No connection established\. Last error: (Error: )?/, '').replace(/\. Resolution note:.*$/s, '');
  if (foreignAuthority.test(text)) {
    return new UvsError(
      'AUTHORITY_MISMATCH',
      `${address} has a certificate of another authority than this credential's cluster (${text})`,
      {
        cause: error,
        details,
        hint: 'Check the address; if the cluster was made anew, the credential must be issued anew.',
      },
    );
  }
  if (refusedByPeer.test(text)) {
    return new UvsError('UNAUTHENTICATED', `${address} refused this credential's certificate (${text})`, { cause: error, details });
  }
  if (text.startsWith(CLOSED_AT_ONCE)) {
    return new UvsError('UNREACHABLE', `${address} closed the connection at once`, {
      cause: error,
      details,
      hint: "If a coordinator listens there, it refuses this credential's certificate: ask an admin for a new one.",
    });
  }
  return new UvsError('UNREACHABLE', `${address} cannot be reached (${text})`, { cause: error, details });
}
