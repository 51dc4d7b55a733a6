import type { Reason } from '../common/errors.ts';

/** What a command ends with when all went well. */
export const EXIT_OK = 0;

/**
 * The one table from a reason to the exit code of `uvsctl`, `upd` and `uvs-agent`. Documented in each program's help; programs may decide by it:
 * 1 a fault of ours, 2 the command line or a file of the user's, 3 something named is missing or in the way, 4 the package is damaged or badly made,
 * 5 it is not trusted, 6 it does not fit the node, 7 a node failed, 8 the cluster says not now, 9 access is denied, 10 nothing answers, 11 cancelled.
 */
export const exitCodes = {
  INTERNAL: 1,

  INVALID_ARGUMENT: 2,
  CONFIG_INVALID: 2,

  NOT_FOUND: 3,
  ALREADY_EXISTS: 3,
  CONFLICT: 3,
  PROGRAM_MISSING: 3,
  PORT_IN_USE: 3,

  PACKAGE_MALFORMED: 4,
  PACKAGE_TRUNCATED: 4,
  PACKAGE_FORMAT_TOO_NEW: 4,
  PACKAGE_CORRUPT: 4,

  SIGNATURE_INVALID: 5,
  SIGNATURE_MISSING: 5,
  KEY_UNKNOWN: 5,
  ROOT_INVALID: 5,
  KEY_MISSING: 5,
  KEY_WRONG: 5,

  TARGET_MISMATCH: 6,
  RELEASE_NOT_NEWER: 6,
  RELEASE_CONTENT_CHANGED: 6,
  BASE_MISMATCH: 6,
  AGENT_TOO_OLD: 6,
  NO_WAY_BACK: 6,
  PATH_FORBIDDEN: 6,
  SERVICE_FORBIDDEN: 6,

  NO_SPACE: 7,
  TASK_FAILED: 7,
  SERVICE_FAILED: 7,
  READBACK_MISMATCH: 7,
  JOURNAL_CORRUPT: 7,
  NEEDS_OPERATOR: 7,

  NOT_ALLOWED_NOW: 8,
  BUSY: 8,
  FROZEN: 8,
  BUDGET_EXHAUSTED: 8,
  TOO_MANY: 8,
  GATE_CLOSED: 8,
  TOKEN_INVALID: 8,

  UNAUTHENTICATED: 9,
  PERMISSION_DENIED: 9,
  CERTIFICATE_WITHDRAWN: 9,
  AUTHORITY_MISMATCH: 9,

  NOT_LEADER: 10,
  NO_LEADER: 10,
  NO_MAJORITY: 10,
  UNREACHABLE: 10,
  DEADLINE_EXCEEDED: 10,
  ETCD_UNAVAILABLE: 10,
  DISK_FAILED: 10,

  CANCELLED: 11,
} as const satisfies Record<Reason, number>;
