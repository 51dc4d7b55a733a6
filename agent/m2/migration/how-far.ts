import { UvsError } from '../../../common/errors.ts';
import type { MigrationMachine } from './ports.ts';
import { whatIsNext, type Migration, type MigrationMemory, type Phase } from './record.ts';

/** What is to be brought to the SSD: a directory, by whom it is used, and why. */
export type Wanted = Pick<Migration, 'directory' | 'units' | 'reason'>;

/** How far a migration is. */
export type HowFar =
  /** Nothing of it was begun. */
  | { readonly at: 'nothing' }
  /** It was begun, and the directory counts as before. */
  | { readonly at: 'copying'; readonly before: Migration }
  /** The copy counts, at the next boot at the latest. */
  | { readonly at: 'switched'; readonly before: Migration };

interface Parts {
  readonly machine: Pick<MigrationMachine, 'isSwitchedOn' | 'hasCopy' | 'demandMovable'>;
  readonly memory: MigrationMemory;
}

/** Says how far it is already. @throws UvsError CONFLICT where another one is under way, or it was done before */
export async function howFar(wanted: Wanted, { machine, memory }: Parts): Promise<HowFar> {
  const before = await memory.read();
  if (before !== undefined) demandSame(before, wanted);
  const isOn = await machine.isSwitchedOn(wanted.directory);
  if (before !== undefined) return { at: isOn ? 'switched' : 'copying', before };
  if (!isOn) return { at: 'nothing' };
  if (await machine.hasCopy(wanted.directory)) throw new UvsError('CONFLICT', `${wanted.directory} is on the SSD already`);
  throw new UvsError('CONFLICT', `${wanted.directory} was brought to an SSD, and is not on the one that is mounted now`, {
    hint: 'Where the disk was replaced: make the directory on it, and start the services; nodes.md has the commands ("When the SSD was replaced").',
  });
}

/** Looks whether a directory can be brought to the SSD, before anything is stopped or written. @throws UvsError CONFLICT, and why it can't */
export async function demandMigration(wanted: Wanted, parts: Parts): Promise<void> {
  const { at } = await howFar(wanted, parts);
  if (at !== 'switched') await parts.machine.demandMovable(wanted.directory, wanted.units, at === 'copying');
}

/** Looks whether a migration is there that can be undone. @throws UvsError NOT_FOUND, NO_WAY_BACK */
export async function demandUndoable(memory: MigrationMemory): Promise<Migration> {
  const migration = await known(memory);
  if (migration.phase !== 'removing') return migration;
  throw new UvsError('NO_WAY_BACK', `the old ${migration.directory} is being removed already`, { hint: whatIsNext(migration) });
}

/** @throws UvsError NOT_FOUND where none is under way */
export async function known(memory: MigrationMemory): Promise<Migration> {
  const migration = await memory.read();
  if (migration === undefined)
    throw new UvsError('NOT_FOUND', 'no directory waits to be confirmed or undone', {
      hint: 'Nothing is left to do where it was confirmed or undone before.',
    });
  return migration;
}

function demandSame(before: Migration, wanted: Wanted): void {
  const isSame = before.directory === wanted.directory && before.units.join(' ') === wanted.units.join(' ');
  if (isSame && before.phase !== 'undoing' && before.phase !== 'removing') return;
  throw new UvsError(
    'CONFLICT',
    `the migration of ${before.directory} (${before.units.join(', ')}) is not over: it is at "${before.phase}"`,
    { hint: whatIsNext(before) },
  );
}

/** Writes down what is done next. */
export async function enter(
  phase: Phase,
  { directory, units, reason, copied, neverCounted }: Wanted & Pick<Migration, 'copied' | 'neverCounted'>,
  memory: MigrationMemory,
): Promise<void> {
  const more = { ...(copied === undefined ? {} : { copied }), ...(neverCounted === undefined ? {} : { neverCounted }) };
  await memory.write({ directory, units: [...units], reason, phase, ...more });
}
