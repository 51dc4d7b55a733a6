import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mkdirs, removeTree, syncDirectory } from './files/disk.ts';
import { pathError } from './files/errno.ts';
import { isLockHeld, takeLock } from './os/lock.ts';

/** The agent's own directory: journal, installed releases, outputs, and what open operations need. */
export interface StateDirectory {
  readonly path: string;
  /** Private files of an operation: the package's head, the plan. */
  operationPath(operation: string): string;
  readonly outputPath: string;
  readonly releasesPath: string;
  /** What it takes to go back from a release that is done. */
  readonly retainedPath: string;
}

export async function openStateDirectory(path: string): Promise<StateDirectory> {
  try {
    const outputPath = join(path, 'output');
    const releasesPath = join(path, 'releases');
    await mkdirs(dirname(path), 0o755);
    for (const directory of [path, outputPath, releasesPath, join(path, 'operations'), join(path, 'retained')]) {
      await mkdirs(directory, 0o700);
    }
    await syncDirectory(path);
    return stateDirectoryAt(await realpath(path));
  } catch (error) {
    throw pathError(error, path, 'making');
  }
}

/** Names what is in a state directory, without making it. */
export function stateDirectoryAt(path: string): StateDirectory {
  return {
    path,
    outputPath: join(path, 'output'),
    releasesPath: join(path, 'releases'),
    retainedPath: join(path, 'retained'),
    operationPath: (operation) => join(path, 'operations', operation),
  };
}

/** @throws UvsError BUSY */
export function lockStateDirectory(state: StateDirectory, purpose: string): Promise<AsyncDisposable> {
  return takeLock(join(state.path, 'lock'), purpose);
}

/** Tells whether an agent works on the node, without taking the lock; undefined where that can't be told. */
export function isStateDirectoryLocked(state: Pick<StateDirectory, 'path'>): Promise<boolean | undefined> {
  return isLockHeld(join(state.path, 'lock'));
}

/** Makes the place of an operation's private files, durably. */
export async function makeOperationDirectory(state: StateDirectory, operation: string): Promise<void> {
  const directory = state.operationPath(operation);
  await mkdirs(directory, 0o700);
  await syncDirectory(dirname(directory));
}

export async function removeOperationFiles(state: StateDirectory, operation: string): Promise<void> {
  await removeTree(state.operationPath(operation));
}
