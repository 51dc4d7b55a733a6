import * as v from 'valibot';
import { isSerious } from '../../../common/health-check.ts';
import { byName } from './answer.ts';
import { answerText } from './text.ts';

/** One thing that Ceph's health names, e.g. OSD_DOWN. */
export interface HealthCheck {
  readonly code: string;
  readonly isError: boolean;
  readonly message: string;
}

/** `health`, of 12.2 and later. A code may hold what no acknowledgement can: those of failed domains have the names of CRUSH types in them. */
export const healthAnswer = v.pipe(
  v.object({ checks: byName(v.object({ severity: v.string(), summary: v.object({ message: answerText }) })) }),
  v.transform(({ checks }) =>
    [...checks].map(([code, { severity, summary }]): HealthCheck => ({
      code,
      isError: severity === 'HEALTH_ERR',
      message: summary.message,
    })),
  ),
);

/** Data on the move has all its copies. */
const HARMLESS: ReadonlySet<string> = new Set(['OBJECT_MISPLACED']);
export const FLAGS_CHECK = 'OSD_FLAGS';

export interface HealthTolerance {
  /** Codes that the operator has acknowledged. */
  readonly acknowledged: readonly string[];
  /** Whether all flags of single OSDs and hosts are those that UVS has set itself. */
  readonly areFlagsOurs: boolean;
}

/**
 * Says which checks forbid that a node is disturbed: all of availability and redundancy and all errors, and everything else that was not
 * acknowledged. A check that is muted in Ceph counts like any other: who muted it has not told UVS.
 */
export function healthRefusal(checks: readonly HealthCheck[], tolerance: HealthTolerance): string | undefined {
  const serious = checks.filter((check) => isSerious(check.code) || check.isError);
  if (serious.length > 0) return listed(serious);
  const others = checks.filter(
    ({ code }) => !HARMLESS.has(code) && !tolerance.acknowledged.includes(code) && !(code === FLAGS_CHECK && tolerance.areFlagsOurs),
  );
  return others.length === 0 ? undefined : `${listed(others)}; acknowledged neither for the rollout nor in the gate's configuration`;
}

/**
 * What only managers tell, which is as old as one that hangs, and gone with one that has no standby. What it says of data is no reason to leave
 * the manager as it is: nothing of the data waits for it.
 */
const TOLD_BY_MANAGERS = /^(MGR|PG|OBJECT|RECENT)_|^SLOW_OPS$/;

/** The checks that monitors make themselves. */
export function toldByMonitors(checks: readonly HealthCheck[]): readonly HealthCheck[] {
  return checks.filter(({ code }) => !TOLD_BY_MANAGERS.test(code));
}

/**
 * The same for a node that was disturbed: a warning that has nothing to do with it does not keep it from having recovered. An error does, for
 * there was none when it began.
 */
export function recoveryRefusal(checks: readonly HealthCheck[]): string | undefined {
  const serious = checks.filter((check) => isSerious(check.code) || check.isError);
  return serious.length === 0 ? undefined : listed(serious);
}

function listed(checks: readonly HealthCheck[]): string {
  return checks.map(({ code, message }) => `${code} (${message})`).join(', ');
}
