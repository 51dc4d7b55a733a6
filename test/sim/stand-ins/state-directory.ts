import type * as real from '../../../agent/state-directory.ts';

/** Stands in for agent/state-directory.ts: nothing is made, and a machine has one agent. */
export const stateDirectoryAt: typeof real.stateDirectoryAt = (path) => ({
  path,
  outputPath: `${path}/output`,
  releasesPath: `${path}/releases`,
  retainedPath: `${path}/retained`,
  operationPath: (operation) => `${path}/operations/${operation}`,
});

export const openStateDirectory: typeof real.openStateDirectory = async (path) => stateDirectoryAt(path);
export const lockStateDirectory: typeof real.lockStateDirectory = async () => ({ [Symbol.asyncDispose]: async () => undefined });
export const removeOperationFiles: typeof real.removeOperationFiles = async () => undefined;

export const makeOperationDirectory: typeof real.makeOperationDirectory = async () => undefined;
