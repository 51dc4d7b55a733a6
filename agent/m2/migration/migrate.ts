import { throwFirst, toUvsError, UvsError } from '../../../common/errors.ts';
import { demandUndoable, enter, howFar, type HowFar, type Wanted } from './how-far.ts';
import type { MigrationMachine } from './ports.ts';
import type { Migration, MigrationMemory } from './record.ts';

export interface MigrateOptions {
  readonly machine: MigrationMachine;
  readonly memory: MigrationMemory;
  /** What came of it, for whoever asked for it. */
  readonly print: (line: string) => void;
  /** What is being done, for whoever looks on. */
  readonly say: (message: string) => void;
  /** Stands before each stop of a service, except to put back what failed, and before an old directory is removed. @throws UvsError where the node may not be disturbed */
  readonly mayDisturb: () => Promise<void>;
}

/**
 * Brings a directory to the SSD: stops its services, copies, proves the copy, has it count by a bind mount, starts them and looks whether they stay. The
 * old directory is kept below the mount. After a cut the same command goes on; what fails is undone at once.
 * @throws UvsError CONFLICT, and whatever kept it from being done
 */
export async function migrate(wanted: Wanted, options: MigrateOptions): Promise<void> {
  const { machine, memory, print } = options;
  const far = await howFar(wanted, options);
  // before a word is written: what can't be moved is left as it is
  if (far.at === 'nothing') await machine.demandMovable(wanted.directory, wanted.units, false);
  else if (far.before.phase === 'unconfirmed') return print(`${wanted.directory} is on the SSD already, and waits to be confirmed`);
  const asking = new Asking(options);
  try {
    const copied = await copyOf(far, wanted, options, asking);
    // from `starting` on services may have written to the copy, and it is for confirm to look at the old one
    const hasServed = far.at === 'switched' && far.before.phase === 'starting';
    await switchOn(wanted, hasServed ? undefined : copied, options, asking);
    await enter('starting', { ...wanted, copied }, memory);
    await startAll(wanted, options);
    for (const unit of wanted.units) {
      if (await machine.keepsRunning(unit)) continue;
      throw new UvsError('SERVICE_FAILED', `${unit} does not run with ${wanted.directory} on the SSD`, {
        hint: `See journalctl -u ${unit}.`,
      });
    }
  } catch (thrown) {
    if ((await memory.read()) === undefined) throw toUvsError(thrown);
    if (far.at === 'switched' && asking.isRefusal(thrown)) throw await stayedOn(wanted, options, thrown);
    throw await wentBack(wanted, options, thrown);
  }
  const { copied } = (await memory.read()) ?? {};
  await enter('unconfirmed', { ...wanted, copied }, memory);
  print(
    `${wanted.directory} is on the SSD. The old one is kept: look whether all is well, then confirm it, or undo it (uvs-agent m2, or uvsctl m2)`,
  );
}

/** Has the services run again on the copy: they may run there since a boot, and going back would stop them. @returns what is told of the refusal */
async function stayedOn(wanted: Wanted, options: MigrateOptions, refusal: unknown): Promise<UvsError> {
  const { reason, message } = toUvsError(refusal);
  await serveAgain(wanted, options);
  return new UvsError(reason, `${wanted.directory} is on the SSD, and not proven to serve there: ${message}`, {
    cause: refusal,
    hint: 'Its services were started. The same command goes on, and undo has the old directory count again.',
  });
}

/** Undoes what was done. @returns what is told of the failure, and of what could not be put back */
async function wentBack(wanted: Wanted, options: MigrateOptions, failure: unknown): Promise<UvsError> {
  const { reason, message, hint } = toUvsError(failure);
  options.print(message);
  try {
    await putBack(await demandUndoable(options.memory), options);
  } catch (cause) {
    const second = toUvsError(cause);
    const also = second.message === message ? '' : `, and could not be put back: ${second.message}`;
    return new UvsError(second.reason, `${wanted.directory} was not brought to the SSD: ${message}${also}`, { cause, hint: second.hint });
  }
  return new UvsError(reason, `${wanted.directory} was not brought to the SSD, and is as before: ${message}`, { cause: failure, hint });
}

/** Remembers which error was a no. */
class Asking {
  readonly #options: MigrateOptions;
  #refusal: unknown;

  constructor(options: MigrateOptions) {
    this.#options = options;
  }

  async stopAll(units: readonly string[]): Promise<void> {
    const { machine, say, mayDisturb } = this.#options;
    for (const unit of units) {
      try {
        await mayDisturb();
      } catch (thrown) {
        this.#refusal = thrown;
        throw thrown;
      }
      say(`Stopping ${unit}`);
      await machine.stop(unit);
    }
  }

  isRefusal(thrown: unknown): boolean {
    return thrown === this.#refusal;
  }
}

/** One that does not start keeps no other from it. @throws UvsError SERVICE_FAILED */
async function startAll({ units }: Pick<Wanted, 'units'>, { machine, say }: MigrateOptions): Promise<void> {
  const errors: UvsError[] = [];
  for (const unit of units) {
    say(`Starting ${unit}`);
    await machine.start(unit).catch((error: unknown) => errors.push(toUvsError(error)));
  }
  throwFirst(errors);
}

/**
 * Has the services of a migration that was interrupted run again, on whichever directory counts, and changes nothing of how far it is. Does nothing where
 * none is under way.
 */
export async function restoreServices(options: MigrateOptions): Promise<void> {
  const migration = await options.memory.read();
  if (migration === undefined || migration.phase === 'unconfirmed' || migration.phase === 'removing') return;
  if (migration.phase === 'copying') await startAll(migration, options);
  else await serveAgain(migration, options);
}

async function serveAgain({ directory, units }: Pick<Migration, 'directory' | 'units'>, options: MigrateOptions): Promise<void> {
  const { machine } = options;
  const errors: UvsError[] = [];
  // else they would find the directory that does not count any more, where the agent died right before the mount
  if (await machine.isSwitchedOn(directory))
    await machine.switchOn(directory, units).catch(async (error: unknown) => {
      // they would find the old one, with a history of its own from then on
      if (!(await machine.isMounted(directory))) throw error;
      errors.push(toUvsError(error));
    });
  // systemd may not know that yet, and would mount the copy once more for them. Where they run on it already they stay there.
  else if (!(await machine.isMounted(directory)) || (await haveEnded(units, machine)))
    await machine.switchOff(directory, units).catch((error: unknown) => errors.push(toUvsError(error)));
  await startAll({ units }, options).catch((error: unknown) => errors.push(toUvsError(error)));
  throwFirst(errors);
}

async function haveEnded(units: readonly string[], machine: MigrationMachine): Promise<boolean> {
  for (const unit of units) if (!(await machine.hasEnded(unit))) return false;
  return true;
}

/** Has the copy made where it does not count yet. @returns the hash of what was copied */
async function copyOf(far: HowFar, wanted: Wanted, options: MigrateOptions, asking: Asking): Promise<string | undefined> {
  const { machine } = options;
  switch (far.at) {
    case 'nothing':
      // of a directory that was undone once, with what was written since: no leftover of this migration
      await machine.setCopyAside(wanted.directory);
      return await copy(wanted, options, asking);
    case 'copying':
      await machine.demandMovable(wanted.directory, wanted.units, true);
      return await copy(wanted, options, asking);
    case 'switched':
      return far.before.copied;
  }
}

/** @returns the hash of what was copied, and is proven to be there */
async function copy(wanted: Wanted, { machine, memory, print, say }: MigrateOptions, asking: Asking): Promise<string> {
  const { directory, units } = wanted;
  await enter('copying', wanted, memory);
  await asking.stopAll(units);
  await machine.demandUnwritten(directory);
  say(`Copying ${directory}`);
  await machine.copy(directory);
  say(`Comparing ${directory} and its copy`);
  const copied = await machine.hashOf('copy', directory);
  // the original last, and after a while: what writes to it all the same, if only now and then, is found out
  await machine.waitForWriters();
  if (copied !== (await machine.hashOf('directory', directory))) {
    throw new UvsError('READBACK_MISMATCH', `the copy of ${directory} is not what the directory is`, {
      hint: 'Something writes to it still: name its service with --unit. If nothing does, one of the disks is failing: see journalctl -k.',
    });
  }
  print(`${directory}: copied and proven, sha256 ${copied}`);
  await enter('switching', { ...wanted, copied }, memory);
  return copied;
}

/**
 * Has the copy count. After a cut also what of that was not done, while services may run that a boot has started.
 * @param copied undefined where that was seen to be right before a cut
 */
async function switchOn(
  { directory, units }: Wanted,
  copied: string | undefined,
  { machine, say }: MigrateOptions,
  asking: Asking,
): Promise<void> {
  await asking.stopAll(units);
  say(`Mounting the copy of ${directory}`);
  await machine.switchOn(directory, units);
  await machine.demandHidden(directory);
  // who had found the directory before it was mounted over, and wrote since, has written to the old one
  if (copied === undefined || copied === (await machine.hashOf('old', directory))) return;
  throw new UvsError('READBACK_MISMATCH', `the old ${directory}, below the mount, is not what was copied any more`, {
    hint: 'Something wrote to it while it was mounted over: name its service with --unit.',
  });
}

/** Has the old directory count again, from any point before it is removed. @throws UvsError NOT_FOUND, NO_WAY_BACK, and as mayDisturb */
export async function undo(options: MigrateOptions): Promise<void> {
  const migration = await demandUndoable(options.memory);
  try {
    await options.mayDisturb();
  } catch (refusal) {
    // of one that is half done they may be down
    if (migration.phase === 'undoing') await serveAgain(migration, options);
    throw refusal;
  }
  await putBack(migration, options, options.mayDisturb);
}

/** @param mayDisturb asked before each stop but the first; after a failure nobody is asked, for it restores service */
async function putBack(
  migration: Migration,
  options: MigrateOptions,
  mayDisturb: () => Promise<void> = async () => undefined,
): Promise<void> {
  const { machine, memory, print, say } = options;
  const { directory, units } = migration;
  // what is mounted counts for whoever uses it, also where its unit is gone already
  const counts = (await machine.isSwitchedOn(directory)) || (await machine.isMounted(directory));
  const neverCounted = !counts && (migration.neverCounted ?? (migration.phase === 'copying' || migration.phase === 'switching'));
  // it was put back before, and some service did not start: whoever asks once more has it over
  const isBack = !counts && migration.phase === 'undoing';
  try {
    await enter('undoing', { ...migration, copied: undefined, neverCounted: neverCounted ? true : undefined }, memory);
    // where the copy does not count, what runs, runs on the old one
    for (const [index, unit] of (counts ? units : []).entries()) {
      if (index > 0) await mayDisturb();
      say(`Stopping ${unit}`);
      await machine.stop(unit);
    }
    await machine.switchOff(directory, units);
  } catch (failure) {
    // on whichever of the two counts
    await serveAgain(migration, options);
    throw failure;
  }
  const down = await startAll(migration, options).then(() => undefined, toUvsError);
  if (down !== undefined && !isBack) throw down;
  const kept = neverCounted ? await removedCopy(directory, machine) : await keptCopy(directory, machine);
  await memory.write(undefined);
  print(`${directory} is as it was before${kept}`);
  if (down !== undefined) throw down;
}

/** An SSD that has failed keeps nobody from going back. */
async function keptCopy(directory: string, machine: MigrationMachine): Promise<string> {
  try {
    const aside = await machine.setCopyAside(directory);
    return aside === undefined ? '' : `; what was written since is in ${aside}`;
  } catch (error) {
    return `; what was written since is in the copy on the SSD, which can't be set aside: ${toUvsError(error).message}`;
  }
}

async function removedCopy(directory: string, machine: MigrationMachine): Promise<string> {
  try {
    await machine.removeCopy(directory);
    return '';
  } catch (error) {
    return `; a copy that is worth nothing is left on the SSD: ${toUvsError(error).message}`;
  }
}
