/**
 * The closed list of reasons for which anything in UVS says no. Programs decide by them, people search for them;
 * `common/status.ts` maps each to its gRPC code and `cli/exit-codes.ts` to an exit code.
 */
export type Reason =
  // input and configuration
  | 'INVALID_ARGUMENT'
  | 'CONFIG_INVALID'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'CONFLICT'
  | 'NOT_ALLOWED_NOW'
  // packages
  | 'PACKAGE_MALFORMED'
  | 'PACKAGE_TRUNCATED'
  | 'PACKAGE_FORMAT_TOO_NEW'
  | 'PACKAGE_CORRUPT'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_MISSING'
  | 'KEY_UNKNOWN'
  | 'ROOT_INVALID'
  | 'KEY_MISSING'
  | 'KEY_WRONG'
  | 'TARGET_MISMATCH'
  | 'RELEASE_NOT_NEWER'
  | 'RELEASE_CONTENT_CHANGED'
  | 'BASE_MISMATCH'
  | 'AGENT_TOO_OLD'
  | 'NO_WAY_BACK'
  // the node
  | 'PATH_FORBIDDEN'
  | 'SERVICE_FORBIDDEN'
  | 'NO_SPACE'
  | 'TASK_FAILED'
  | 'SERVICE_FAILED'
  | 'READBACK_MISMATCH'
  | 'JOURNAL_CORRUPT'
  | 'NEEDS_OPERATOR'
  | 'BUSY'
  // the cluster
  | 'NOT_LEADER'
  | 'NO_LEADER'
  | 'TOKEN_INVALID'
  | 'FROZEN'
  | 'BUDGET_EXHAUSTED'
  | 'TOO_MANY'
  | 'GATE_CLOSED'
  | 'NO_MAJORITY'
  // trust and transport
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'CERTIFICATE_WITHDRAWN'
  | 'AUTHORITY_MISMATCH'
  | 'UNREACHABLE'
  | 'DEADLINE_EXCEEDED'
  | 'CANCELLED'
  | 'PORT_IN_USE'
  | 'ETCD_UNAVAILABLE'
  | 'DISK_FAILED'
  | 'PROGRAM_MISSING'
  | 'INTERNAL';

export interface UvsErrorOptions {
  /** What the reader can do about it, as a sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Machine-readable particulars, never a secret. */
  readonly details?: Readonly<Record<string, string>>;
}

/** The one error class: a reason for programs, a sentence for people, a hint what to do, and the cause. */
export class UvsError extends Error {
  readonly reason: Reason;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, string>>;

  constructor(reason: Reason, message: string, options: UvsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'UvsError';
    this.reason = reason;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** What helps against a disk that says ENOSPC: it says so for inodes too. */
export const FREE_SPACE = 'Free space, or inodes ("df -i"), on that file system and try again.';

/** Turns anything thrown into a UvsError; what is not one already is INTERNAL, or NO_SPACE where a disk said so, and keeps its cause. */
export function toUvsError(thrown: unknown): UvsError {
  if (thrown instanceof UvsError) return thrown;
  if (thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT')) {
    return new UvsError('NO_SPACE', `the disk is full: ${thrown.message}`, {
      cause: thrown,
      hint: FREE_SPACE,
    });
  }
  return new UvsError('INTERNAL', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}

/** Throws the first of what went wrong with several things, none of which kept the others from being done; names the rest in it. */
export function throwFirst(errors: readonly UvsError[]): void {
  const [first, ...others] = errors;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new UvsError(first.reason, `${first.message}; and ${others.map(({ message }) => message).join('; ')}`, {
    cause: first,
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  });
}
