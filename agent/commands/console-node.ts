import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { UvsError } from '../../common/errors.ts';
import { readProductVersion } from '../../common/product-version.ts';
import type { AgentConfig } from '../config.ts';
import { Facts } from '../facts.ts';
import { readInstalled } from '../installed.ts';
import { readNodeIdentity } from '../node-identity.ts';
import { stateDirectoryAt } from '../state-directory.ts';
import type { StatePaths } from '../state-paths.ts';
import type { ConsoleNode } from './console.ts';

/** A misspelt root would be told to have nothing installed. @throws UvsError NOT_FOUND */
export async function demandRoot(root: string): Promise<void> {
  const found = await stat(root).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new UvsError('NOT_FOUND', `there is no directory ${root}`, { hint: 'Name the root that is managed with --root.' });
}

/** Recovery makes no node of a machine that is none, as where a root was forgotten. @throws UvsError NOT_FOUND */
export async function demandState({ directory, root }: StatePaths): Promise<void> {
  await demandRoot(root);
  if ((await stat(directory).catch(() => undefined))?.isDirectory() === true) return;
  throw new UvsError('NOT_FOUND', `there is no agent's state in ${directory}: nothing was ever begun there`, {
    hint: 'Where the agent manages another root, name it: uvs-agent --root DIR recover …',
  });
}

/** What a console's command is told: its configuration, where it prints, its environment, and the root file that the operator names. */
type Told = { readonly config: AgentConfig } & Pick<ConsoleNode, 'print' | 'env' | 'givenRootFile'>;

/** What the console's commands need of this machine, which may not have joined anything. @throws UvsError NOT_FOUND */
export async function consoleNodeAt(paths: StatePaths, { config, ...told }: Told): Promise<ConsoleNode> {
  await demandRoot(paths.root);
  const identity = await readNodeIdentity(paths.node);
  const state = stateDirectoryAt(paths.directory);
  const facts = new Facts({ root: paths.root, agentVersion: readProductVersion(), installed: () => readInstalled(state) });
  return {
    root: paths.root,
    statePath: paths.directory,
    rootFile: paths.packageRoot,
    nodeName: identity?.hostname ?? hostname(),
    hasJoined: identity !== undefined,
    retainsPrevious: config.retainPrevious,
    facts: async () => ({ ...(await facts.gather()), roles: identity?.roles ?? [] }),
    taskLimits: config.tasks,
    ...told,
  };
}
