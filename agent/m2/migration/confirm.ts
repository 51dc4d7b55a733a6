import { UvsError } from '../../../common/errors.ts';
import { enter, known } from './how-far.ts';
import type { MigrateOptions } from './migrate.ts';
import { whatIsNext, type Migration } from './record.ts';

/** Looks whether a migration waits that can be confirmed, and its copy serves. @throws UvsError NOT_FOUND, NOT_ALLOWED_NOW */
export async function demandConfirmable({ machine, memory }: Pick<MigrateOptions, 'machine' | 'memory'>): Promise<Migration> {
  const migration = await known(memory);
  if (migration.phase === 'unconfirmed' || migration.phase === 'removing') {
    // whether its units run is no question any more once a part of the old one is gone
    await machine.demandServing(migration.directory, migration.phase === 'removing' ? [] : migration.units);
    return migration;
  }
  throw new UvsError('NOT_ALLOWED_NOW', `the migration of ${migration.directory} is not done: it is at "${migration.phase}"`, {
    hint: whatIsNext(migration),
  });
}

/** Removes the old directory of the migration that waits for it. @throws UvsError NOT_FOUND, NOT_ALLOWED_NOW; CONFLICT where the old one was written to */
export async function confirm(options: MigrateOptions): Promise<void> {
  const { machine, memory, print, say, mayDisturb } = options;
  const migration = await demandConfirmable(options);
  if (migration.phase === 'unconfirmed') {
    // who can be asked by nobody need not compare for an hour
    await mayDisturb();
    await demandUntouched(migration, options);
    // comparing may have taken an hour
    await machine.demandServing(migration.directory, migration.units);
  }
  // nothing is stopped, but the copy on the SSD is all that there is then: not while another node is down
  await mayDisturb();
  await enter('removing', { ...migration, copied: undefined }, memory);
  say(`Removing the old ${migration.directory}`);
  await machine.removeOld(migration.directory);
  await memory.write(undefined);
  print(`${migration.directory}: the old directory is removed`);
}

/** It is written to by whoever had it open, or where the node has booted without the SSD; nobody else has that. @throws UvsError CONFLICT */
async function demandUntouched({ directory, copied }: Migration, { machine, say }: MigrateOptions): Promise<void> {
  if (copied === undefined) return;
  say(`Comparing the old ${directory} with what was copied`);
  if (copied === (await machine.hashOf('old', directory))) return;
  throw new UvsError('CONFLICT', `the old ${directory}, below the mount, was written to since it was copied: nothing is removed`, {
    hint: 'Something wrote to it before it was mounted over, or while the SSD was away. Undo has it count again, and keeps the copy: bring together what both have, and migrate again.',
  });
}
