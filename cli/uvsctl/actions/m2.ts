import { InvalidArgumentError, type Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { whyKeptInPlace } from '../../../common/kept-in-place.ts';
import { isDirectoryName, type MigrationAct } from '../../../common/migration.ts';
import { describeAction } from '../../../common/node-action.ts';
import { MAX_UNIT_PATTERNS, unitPattern } from '../../../common/unit-pattern.ts';
import type { Context, Run } from '../context.ts';
import { startAction, withAction, type ActionOptions } from './start-action.ts';

const messages = {
  migrate: 'MIGRATION_ACT_MIGRATE',
  undo: 'MIGRATION_ACT_UNDO',
  confirm: 'MIGRATION_ACT_CONFIRM',
} as const satisfies Record<MigrationAct, string>;

interface MigrateOptions extends ActionOptions {
  readonly unit?: readonly string[];
}

/** `uvsctl m2 migrate`: brings a directory to the nodes' SSDs, each node under its slot. */
export function addM2Migrate(group: Command, run: Run): void {
  withDirectory(
    group
      .command('migrate')
      .description(
        'bring a directory to the SSD on /m2: stop its services, copy, prove the copy, mount it in the place of the old one, start them',
      ),
  )
    .option(
      '--unit <list>',
      "services that write to it, which are stopped meanwhile: units of Ceph, e.g. 'ceph-osd@*', or full names that the agents' configuration allows",
      collectUnits,
    )
    .action(
      run(async (context: Context, directory: string, options: MigrateOptions) => await start(context, 'migrate', directory, options)),
    );
}

/** `uvsctl m2 undo`: has the old directory count again, each node under its slot, for its services are stopped for that. */
export function addM2Undo(group: Command, run: Run): void {
  withDirectory(
    group.command('undo').description('have the old directory count again; what was written since is set aside on the SSD of each node'),
  ).action(run(async (context: Context, directory: string, options: ActionOptions) => await start(context, 'undo', directory, options)));
}

/** `uvsctl m2 confirm`: removes the old directory. Nothing stops for it, but from there on there is no way back: each node under its slot as well. */
export function addM2Confirm(group: Command, run: Run): void {
  withDirectory(
    group.command('confirm').description('remove the old directory of a migration that waits for it; there is no way back from there'),
  ).action(run(async (context: Context, directory: string, options: ActionOptions) => await start(context, 'confirm', directory, options)));
}

function withDirectory(command: Command): Command {
  return withAction(command.argument('<directory>', 'its whole path, e.g. /var/lib/ceph/mon/ceph-a', directoryName));
}

async function start(context: Context, act: MigrationAct, directory: string, options: MigrateOptions): Promise<number> {
  const units = options.unit ?? [];
  const why = act === 'migrate' ? whyKeptInPlace(directory) : undefined;
  if (why !== undefined)
    throw new UvsError('INVALID_ARGUMENT', `${directory} can't be brought to /m2: ${why}`, { hint: 'Name another directory.' });
  if (units.length > MAX_UNIT_PATTERNS) throw new UvsError('INVALID_ARGUMENT', `more than ${MAX_UNIT_PATTERNS} units are named`);
  const what = describeAction({ kind: 'migration', act, directory, units });
  const migration = { act: messages[act], directory, units: [...units] };
  return await startAction(context, options, { action: 'migration', migration }, `${what.slice(0, 1).toUpperCase()}${what.slice(1)} on`);
}

function directoryName(text: string): string {
  if (isDirectoryName(text)) return text;
  throw new InvalidArgumentError('It must be the whole path of a directory, without "." and "..", of at most 200 plain characters.');
}

function collectUnits(text: string, before: readonly string[] | undefined): string[] {
  const units = text.split(',').map((part) => {
    const unit = unitPattern(part.trim());
    if (unit !== undefined) return unit;
    throw new InvalidArgumentError("Each must be the full name of a unit, or a pattern of Ceph's instances such as 'ceph-osd@*'.");
  });
  return [...(before ?? []), ...units];
}
