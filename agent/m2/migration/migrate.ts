import { toUvsError, UvsError } from '../../../common/errors.ts';
import type { MigrationMachine } from './ports.ts';
import type { Migration, MigrationMemory, Phase } from './record.ts';

export interface MigrateOptions {
  readonly machine: MigrationMachine;
  readonly memory: MigrationMemory;
  readonly print: (line: string) => void;
}

type Wanted = Pick<Migration, 'directory' | 'units' | 'reason'>;

/**
 * Brings a directory to the SSD: stops its services, copies, proves the copy, has it count by a bind mount, starts them and looks whether they stay. The
 * old directory is kept below the mount. After a cut the same command goes on; what fails is undone at once.
 * @throws UvsError CONFLICT, and whatever kept it from being done
 */
export async function migrate(wanted: Wanted, options: MigrateOptions): Promise<void> {
  const { machine, memory, print } = options;
  const before = await memory.read();
  if (before !== undefined) demandSame(before, wanted);
  if (before?.phase === 'unconfirmed') return print(`${wanted.directory} is on the SSD already, and waits to be confirmed`);
  const isOn = await machine.isSwitchedOn(wanted.directory);
  if (before === undefined && isOn) throw new UvsError('CONFLICT', `${wanted.directory} is on the SSD already`);
  // before a word is written: what can't be moved is left as it is
  if (!isOn) await machine.demandMovable(wanted.directory, wanted.units);
  try {
    await switchOn(wanted, isOn ? before?.copied : await copy(wanted, options), options);
    await enter('starting', wanted, memory);
    for (const unit of wanted.units) await machine.start(unit);
    for (const unit of wanted.units) {
      if (await machine.keepsRunning(unit)) continue;
      throw new UvsError('SERVICE_FAILED', `${unit} does not run with ${wanted.directory} on the SSD`, {
        hint: `See journalctl -u ${unit}.`,
      });
    }
  } catch (thrown) {
    const error = toUvsError(thrown);
    print(`${error.message}: undone`);
    await undo(options);
    throw new UvsError(error.reason, `${wanted.directory} was not brought to the SSD, and is as before: ${error.message}`, {
      cause: thrown,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  await enter('unconfirmed', wanted, memory);
  print(
    `${wanted.directory} is on the SSD. The old one is kept: look whether all is well, then uvs-agent m2 confirm, or uvs-agent m2 undo`,
  );
}

/** @returns the hash of what was copied, and is proven to be there */
async function copy(wanted: Wanted, { machine, memory, print }: MigrateOptions): Promise<string> {
  const { directory, units } = wanted;
  await enter('copying', wanted, memory);
  for (const unit of units) await machine.stop(unit);
  await machine.demandUnwritten(directory);
  await machine.copy(directory);
  const copied = await machine.hashOf('copy', directory);
  // the original last, and after a while: what writes to it all the same, if only now and then, is found out
  await machine.waitForWriters();
  if (copied !== (await machine.hashOf('directory', directory))) {
    throw new UvsError('READBACK_MISMATCH', `the copy of ${directory} is not what the directory is`, {
      hint: 'Something writes to it still: name its service with --unit. If nothing does, one of the disks is failing: see journalctl -k.',
    });
  }
  print(`${directory}: copied and proven, sha256 ${copied}`);
  await memory.write({ ...wanted, phase: 'switching', copied });
  return copied;
}

/**
 * Has the copy count. After a cut also what of that was not done, while services may run that a boot has started.
 * @param copied undefined where that was seen to be right before a cut
 */
async function switchOn({ directory, units }: Wanted, copied: string | undefined, { machine }: MigrateOptions): Promise<void> {
  for (const unit of units) await machine.stop(unit);
  await machine.switchOn(directory, units);
  // who had found the directory before it was mounted over, and wrote since, has written to the old one
  if (copied === undefined || copied === (await machine.hashOf('old', directory))) return;
  throw new UvsError('READBACK_MISMATCH', `the old ${directory}, below the mount, is not what was copied any more`, {
    hint: 'Something wrote to it while it was mounted over: name its service with --unit.',
  });
}

/** Removes the old directory of the migration that waits for it. @throws UvsError NOT_FOUND, NOT_ALLOWED_NOW */
export async function confirm({ machine, memory, print }: MigrateOptions): Promise<void> {
  const migration = await known(memory);
  if (migration.phase !== 'unconfirmed' && migration.phase !== 'removing') {
    throw new UvsError('NOT_ALLOWED_NOW', `the migration of ${migration.directory} is not done: it is at "${migration.phase}"`, {
      hint: 'Run the same `uvs-agent m2 migrate` again, which goes on, or `uvs-agent m2 undo`.',
    });
  }
  await enter('removing', migration, memory);
  await machine.removeOld(migration.directory);
  await memory.write(undefined);
  print(`${migration.directory}: the old directory is removed`);
}

/** Has the old directory count again, from any point before it is removed. @throws UvsError NOT_FOUND, NO_WAY_BACK */
export async function undo({ machine, memory, print }: MigrateOptions): Promise<void> {
  const migration = await known(memory);
  const { directory, units } = migration;
  if (migration.phase === 'removing') {
    throw new UvsError('NO_WAY_BACK', `the old ${directory} is being removed already`, { hint: 'Finish it: uvs-agent m2 confirm.' });
  }
  await enter('undoing', migration, memory);
  for (const unit of units) await machine.stop(unit);
  await machine.switchOff(directory, units);
  const aside = await machine.setCopyAside(directory);
  for (const unit of units) await machine.start(unit);
  await memory.write(undefined);
  print(`${directory} is as it was before; what was written since is in ${aside}`);
}

async function known(memory: MigrationMemory): Promise<Migration> {
  const migration = await memory.read();
  if (migration === undefined) throw new UvsError('NOT_FOUND', 'no directory waits to be confirmed or undone');
  return migration;
}

function demandSame(before: Migration, wanted: Wanted): void {
  const isSame = before.directory === wanted.directory && before.units.join(' ') === wanted.units.join(' ');
  if (isSame && before.phase !== 'undoing' && before.phase !== 'removing') return;
  const hint = before.phase === 'removing' ? 'uvs-agent m2 confirm' : 'uvs-agent m2 undo, or the same command as then';
  throw new UvsError(
    'CONFLICT',
    `the migration of ${before.directory} (${before.units.join(', ')}) is not over: it is at "${before.phase}"`,
    {
      hint: `End it first: ${hint}.`,
    },
  );
}

async function enter(phase: Phase, { directory, units, reason }: Wanted, memory: MigrationMemory): Promise<void> {
  await memory.write({ directory, units, reason, phase });
}
