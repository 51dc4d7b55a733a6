import { UvsError } from '../../common/errors.ts';
import type { MigrationAct } from '../../common/migration.ts';
import type { NodeAction } from '../../common/node-action.ts';
import { demandMigration, demandUndoable, known } from '../m2/migration/how-far.ts';
import { confirm, demandConfirmable } from '../m2/migration/confirm.ts';
import { migrate, restoreServices, undo, type MigrateOptions } from '../m2/migration/migrate.ts';
import type { Migrations } from '../m2/migration/ports.ts';
import type { Migration } from '../m2/migration/record.ts';
import { mayDisturb, mayStillDisturb, type OperationContext } from '../operation-context.ts';
import { demandAllowed, isOfMany, unitsToStop } from './restart.ts';

type MigrationAction = Extract<NodeAction, { kind: 'migration' }>;

/**
 * Looks whether a directory can be brought to the SSD, put back or confirmed, before the slot is asked for: nothing is stopped or written.
 * @throws UvsError PERMISSION_DENIED for a unit that may not be stopped here; NOT_FOUND, NOT_ALLOWED_NOW, CONFLICT, NO_WAY_BACK
 */
export async function demandAct(context: OperationContext, action: MigrationAction, signal: AbortSignal): Promise<void> {
  const { machine, memory } = migrationsOf(context);
  switch (action.act) {
    case 'migrate':
      return await demandMigration(await wanted(context, action, signal), { machine, memory });
    case 'undo':
      return await demandUndo(context, action, memory);
    case 'confirm':
      demandOf(action, await known(memory));
      return void (await demandConfirmable({ machine, memory }));
  }
}

/** Does it, or goes on with it: how far it is, the migration's own record says. @throws UvsError as what it does; see isSettled */
export async function performAct(context: OperationContext, action: MigrationAction, signal: AbortSignal): Promise<void> {
  const { machine, memory } = migrationsOf(context);
  // somebody at the console may have ended it, and begun another one, since the slot was asked for
  const open = await memory.read();
  let isFirst = true;
  const options = optionsOf(context, async () => {
    // the phase before has asked for the first one
    await (isFirst ? mayStillDisturb(context, signal) : mayDisturb(context, signal));
    isFirst = false;
  });
  switch (action.act) {
    case 'migrate':
      // it failed, and the agent died while it was put back
      if (open?.phase === 'undoing' && open.directory === action.directory && open.reason === context.operation)
        return await endUndone(action, options);
      return await migrate(await wanted(context, action, signal), options);
    case 'undo':
      // it was undone, and the agent died before it could say so
      if (open === undefined && !(await machine.isSwitchedOn(action.directory))) return;
      await demandUndo(context, action, memory);
      return await undo(options);
    case 'confirm':
      // the same
      if (open === undefined && (await machine.isSwitchedOn(action.directory))) return;
      demandOf(action, await known(memory));
      return await confirm(options);
  }
}

/** As the message of its end. */
export function describeMigrated(act: MigrationAct, directory: string): string {
  switch (act) {
    case 'migrate':
      return `${directory} is on the SSD, and waits to be confirmed or undone`;
    case 'undo':
      return `${directory} is as it was before`;
    case 'confirm':
      return `the old ${directory} is removed`;
  }
}

/** Whether a migration that failed has left the node in order: the directory as before, or on the SSD, with its services running either way. */
export async function isSettled(context: OperationContext): Promise<boolean> {
  try {
    const { machine, memory } = migrationsOf(context);
    const migration = await memory.read();
    if (migration === undefined || migration.phase === 'unconfirmed' || migration.phase === 'removing') return true;
    if (migration.phase === 'undoing') return false;
    for (const unit of migration.units) if (!(await machine.isRunning(unit))) return false;
    return true;
  } catch {
    // what can't be read is nothing to rely on
    return false;
  }
}

/** Has the services run that an agent which died may have left stopped, whether or not anybody can be asked. @throws UvsError SERVICE_FAILED */
export async function restoreMigrated(context: OperationContext): Promise<void> {
  await restoreServices(optionsOf(context, async () => undefined));
}

function optionsOf(context: OperationContext, ask: () => Promise<void>): MigrateOptions {
  const print = (line: string): void => context.tell(line);
  const say = (message: string): void => context.say(message);
  return { ...migrationsOf(context), print, say, mayDisturb: ask };
}

/** @throws UvsError always */
async function endUndone({ directory }: MigrationAction, options: MigrateOptions): Promise<never> {
  await undo(options);
  throw new UvsError(
    'CANCELLED',
    `${directory} was not brought to the SSD, and is as before: the agent was interrupted while it was put back`,
    {
      hint: 'The output of the operation says why it was.',
    },
  );
}

/**
 * What this operation has begun goes on with the units that it began with: those that it has stopped a pattern does not find. What another one began is
 * gone on with where its units are the same; gates were asked for no others.
 */
async function wanted(context: OperationContext, { directory, units }: MigrationAction, signal: AbortSignal) {
  const begun = await migrationsOf(context).memory.read();
  if (begun?.directory === directory && begun.reason === context.operation) return { directory, units: begun.units, reason: begun.reason };
  const found = units.length === 0 ? [] : await unitsToStop(context, units, signal);
  // one that was named has to be there; of a pattern and a target it is enough that some are
  const named = units.filter((unit) => !isOfMany(unit) && !found.includes(unit));
  return { directory, units: [...found, ...named], reason: context.operation };
}

/** It stops the units of the migration, which may be one of the console's. @throws UvsError NOT_FOUND, NO_WAY_BACK, PERMISSION_DENIED */
async function demandUndo(context: OperationContext, action: MigrationAction, memory: Migrations['memory']): Promise<void> {
  const open = await demandUndoable(memory);
  demandOf(action, open);
  demandAllowed(context, open.units, 'stopped');
}

function demandOf({ directory }: MigrationAction, open: Migration): void {
  if (open.directory === directory) return;
  throw new UvsError('NOT_FOUND', `not ${directory}, but ${open.directory} waits to be confirmed or undone`, {
    hint: 'Name that one, or choose nodes where the other waits.',
  });
}

function migrationsOf(context: OperationContext): Migrations {
  const { migrations } = context.ports;
  if (migrations !== undefined) return migrations;
  throw new UvsError('NOT_ALLOWED_NOW', `the root is a sandbox (${context.setup.root}), and the disks are the machine's`);
}
