import { InvalidArgumentError, type Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import type { RolloutSpec } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';
import { acknowledgementRefusal } from '../../../common/health-check.ts';
import { collectNames, seconds, someText, wholeNumber } from '../arguments.ts';
import { policyOf, withPolicy, type PolicyOptions } from './policy.ts';
import { requireSelector, withSelector, type SelectorOptions } from '../selector.ts';

export interface SpecOptions extends SelectorOptions, PolicyOptions {
  readonly rolling?: true;
  readonly parallel?: number;
  readonly stageDeadline?: number;
  readonly waitDeadline?: number;
  readonly stepDeadline?: number;
  readonly acknowledge?: readonly string[];
  readonly reason?: string;
}

const day = 86_400;

/** Adds the options that say which nodes, how many at once, and with how much patience. */
export function withSpec(command: Command): Command {
  return withPolicy(withSelector(command))
    .option('--rolling', 'one node at a time, in role order')
    .option('--parallel <n>', 'up to N nodes at a time; never against the quorum of the monitors', wholeNumber(1, 10_000))
    .option('--stage-deadline <duration>', 'how long a node may fetch and stage before the rollout pauses (1h)', seconds(1, 30 * day))
    .option(
      '--wait-deadline <duration>',
      'how long a node may wait for a gate or a slot before the rollout pauses (1h)',
      seconds(1, 30 * day),
    )
    .option('--step-deadline <duration>', 'how long a node may be disturbed before the rollout pauses (1h)', seconds(1, 30 * day))
    .option('--acknowledge <check>', 'a health check of Ceph that may stay as it is meanwhile; may be repeated', collectChecks)
    .option(
      '--reason <text>',
      'why; needed with --parallel, --acknowledge and for a rollback, shown with the rollout and kept in the audit log',
      someText,
    );
}

/** Everything of the specification but the package; checked before anything is sent. @throws UvsError INVALID_ARGUMENT */
export function specOf(options: SpecOptions): Omit<RolloutSpec, 'package'> {
  const isParallel = options.parallel !== undefined;
  if ((options.rolling === true) === isParallel) {
    throw new UvsError(
      'INVALID_ARGUMENT',
      isParallel ? '--rolling and --parallel exclude each other' : 'it is not said how many nodes may be updated at once',
      {
        hint: 'Add --rolling for one at a time, or --parallel N for up to N at a time.',
      },
    );
  }
  return {
    selector: requireSelector(options),
    mode: isParallel ? 'ROLLOUT_MODE_PARALLEL' : 'ROLLOUT_MODE_ROLLING',
    budget: options.parallel ?? 0,
    stageDeadlineSeconds: options.stageDeadline ?? 0,
    waitDeadlineSeconds: options.waitDeadline ?? 0,
    stepDeadlineSeconds: options.stepDeadline ?? 0,
    acknowledgedChecks: [...(options.acknowledge ?? [])],
    reason: options.reason ?? '',
    ...policyOf(options),
  };
}

/** Lets nobody start without a word what weakens a guard; a plan is shown without. @throws UvsError INVALID_ARGUMENT */
export function demandReason({ parallel, acknowledge, reason }: SpecOptions, isRollback = false): void {
  if (reason !== undefined || (!isRollback && parallel === undefined && acknowledge === undefined)) return;
  const what = isRollback ? 'a rollback' : parallel === undefined ? '--acknowledge' : '--parallel';
  throw new UvsError('INVALID_ARGUMENT', `it is not said why, which ${what} needs`, {
    hint: `Add --reason "…", e.g. "${isRollback ? 'clients lose their sessions since 2.14.18' : 'first installation'}": it is shown with the rollout and kept in the audit log.`,
  });
}

function collectChecks(text: string, before: readonly string[] | undefined): string[] {
  const codes = collectNames(text, before);
  for (const code of codes) {
    const refusal = acknowledgementRefusal(code);
    if (refusal !== undefined) throw new InvalidArgumentError(`${code} ${refusal}.`);
  }
  return codes;
}
