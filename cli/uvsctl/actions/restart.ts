import { InvalidArgumentError, type Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { MAX_UNIT_PATTERNS, unitPattern } from '../../../common/unit-pattern.ts';
import type { Context, Run } from '../context.ts';
import { startAction, withAction, type ActionOptions } from './start-action.ts';

/** `uvsctl restart`: restarts services on nodes, each node under its slot. */
export function addRestart(program: Command, run: Run): void {
  withAction(
    program
      .command('restart')
      .description('restart services on nodes, one node at a time unless told otherwise; each is done when all run by another start')
      .argument(
        '<unit...>',
        "units of Ceph, e.g. 'ceph-osd@*' or ceph.target, or full names that the agents' configuration allows",
        collectUnits,
      ),
  ).action(run(restart));
}

async function restart(context: Context, units: readonly string[], options: ActionOptions): Promise<number> {
  if (units.length > MAX_UNIT_PATTERNS) throw new UvsError('INVALID_ARGUMENT', `more than ${MAX_UNIT_PATTERNS} units are named`);
  return await startAction(context, options, { action: 'restart', restart: { units: [...units] } }, `Restart ${units.join(', ')} on`);
}

function collectUnits(text: string, before: readonly string[] | undefined): string[] {
  const unit = unitPattern(text);
  if (unit === undefined)
    throw new InvalidArgumentError("It must be the full name of a unit, or a pattern of Ceph's instances such as 'ceph-osd@*'.");
  return [...(before ?? []), unit];
}
