import {
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCNotFoundError,
  GRPCNotImplementedError,
  GRPCOutOfRangeError,
  GRPCResourceExhastedError,
  GRPCUnauthenticatedError,
  isRecoverableError,
} from 'etcd3';
import { toUvsError, UvsError } from '../../common/errors.ts';

/** Answers with which etcd says that it did nothing. After all others (timeouts, lost connections, "leader changed") it may have. */
const refusals = [
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCNotFoundError,
  GRPCNotImplementedError,
  GRPCOutOfRangeError,
  GRPCResourceExhastedError,
  GRPCUnauthenticatedError,
];

/** Turns what a call to etcd threw into ETCD_UNAVAILABLE with details.outcome "none" or "unknown". */
export function etcdFailure(what: string, thrown: unknown): UvsError {
  if (thrown instanceof UvsError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const isRefused = refusals.some((refusal) => error instanceof refusal);
  // What the library says of a lost connection or a time limit helps nobody who reads a command's error; the log has it, as the cause.
  const message = isRefused ? `etcd refused: ${what}: ${error.message}` : `etcd does not answer (${what})`;
  return new UvsError('ETCD_UNAVAILABLE', message, {
    cause: thrown,
    hint: 'Check that a majority of the etcd members runs and that this coordinator can reach them (etcdctl endpoint health).',
    details: { outcome: isRefused ? 'none' : 'unknown' },
  });
}

/** Whether the change that threw this may have been made, or may still be. */
export function isUnknownOutcome(thrown: unknown): boolean {
  const error = toUvsError(thrown);
  return error.reason === 'ETCD_UNAVAILABLE' && error.details['outcome'] === 'unknown';
}

/** Whether etcd has said no, and nothing was changed. */
export function isRefusedByEtcd(thrown: unknown): boolean {
  const error = toUvsError(thrown);
  return error.reason === 'ETCD_UNAVAILABLE' && error.details['outcome'] === 'none';
}

/** Whether another endpoint may answer the same question. */
export function isWorthAnotherEndpoint(thrown: unknown): boolean {
  return thrown instanceof Error && (isRecoverableError(thrown) || thrown.name === 'EtcdError');
}
