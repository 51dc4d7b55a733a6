import { resolve } from 'node:path';
import { toUvsError } from '../../common/errors.ts';
import { safeBlock, safeLine } from '../../common/safe-text.ts';
import type { InstallableNode } from '../../common/upd/requirements.ts';
import { noFailpoints, type Failpoints } from '../failpoints.ts';
import { noContact } from '../link/session-contact.ts';
import { migrationsAt } from '../m2/migration/migrations-at.ts';
import type { OperationBounds, NodePorts, NodeSetup } from '../operation-context.ts';
import { bootClock } from '../os/boot-clock.ts';
import { handoverFiles } from '../os/handover-files.ts';
import { machineAt } from '../os/machine.ts';
import { serviceManagerAt } from '../os/service-manager.ts';
import { tasksAt } from '../os/tasks-at.ts';
import type { Ended, OperationObserver } from '../ports.ts';
import type { Runner } from '../runner.ts';
import { defaultTaskLimits, type TaskLimits } from '../task-limits.ts';
import { consoleRoot, knownRoot, readGiven, rootByNow, type GivenRoot } from './console-root.ts';

/** What the console commands are told by the program's entry. */
export interface ConsoleNode {
  /** The managed root; anything but "/" is a sandbox. */
  readonly root: string;
  /** Absolute. */
  readonly statePath: string;
  /** Package root file of the node's own; may be missing. */
  readonly rootFile: string;
  /** One that the operator names. */
  readonly givenRootFile?: string;
  readonly nodeName: string;
  /** Whether it is of a cluster, which wants to hear what is done here. */
  readonly hasJoined: boolean;
  readonly facts: () => Promise<Omit<InstallableNode, 'installed'>>;
  readonly print: (line: string) => void;
  /** Of the process: what the launcher says is in it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether what is replaced is retained, so that it can be gone back to; true unless told. */
  readonly retainsPrevious?: boolean;
  /** The program that stands for systemctl(1) where the root is a sandbox; without one its services are left alone. */
  readonly sandboxSystemctl?: readonly string[];
  readonly failpoints?: Failpoints;
  readonly bounds?: Partial<OperationBounds>;
  readonly taskLimits?: TaskLimits;
}

/** Makes the setup of a node for a command that takes packages. @throws UvsError ROOT_INVALID, SIGNATURE_INVALID, NOT_FOUND */
export async function consoleSetup(node: ConsoleNode): Promise<NodeSetup> {
  const given = node.givenRootFile === undefined ? undefined : await readGiven(node.givenRootFile);
  const { root, sha256 } = await consoleRoot(node, given);
  if (given !== undefined && (await knownRoot(node)) === undefined) {
    const named = `${given.path} (version ${root.version}, sha256 ${sha256})`;
    node.print(safeLine(`This node knows no package root file yet: ${named} counts on your word, and is remembered with the release`));
  }
  return setupOf(node, given);
}

/** Makes the setup of a node for recovery, which judges no package and so needs no root file; one that is there tells what may be remembered. */
export function recoverySetup(node: ConsoleNode): NodeSetup {
  return setupOf(node, undefined);
}

function setupOf(node: ConsoleNode, given: GivenRoot | undefined): NodeSetup {
  const { statePath, nodeName, retainsPrevious = true } = node;
  // judged each time: an operator may have the node trust another one meanwhile
  const setup = { root: resolve(node.root), statePath, nodeName, retainsPrevious, trustedRoot: () => rootByNow(node, given) };
  return node.bounds === undefined ? setup : { ...setup, bounds: node.bounds };
}

export function consolePorts(node: ConsoleNode): NodePorts {
  return {
    clock: bootClock,
    ...serviceManagerAt(resolve(node.root), node.sandboxSystemctl),
    machine: machineAt(resolve(node.root), undefined),
    handover: handoverFiles({ root: resolve(node.root), statePath: node.statePath, env: node.env ?? {} }),
    contact: noContact,
    migrations: migrationsAt(resolve(node.root), node.statePath),
    tasks: tasksAt(resolve(node.root), node.taskLimits ?? defaultTaskLimits),
    // the daemon alone looks, and holds the state directory's lock
    looksOver: () => Promise.resolve(),
    observer: printer(node.print),
    failpoints: node.failpoints ?? noFailpoints,
    facts: node.facts,
  };
}

/**
 * Takes the operation out of the journal where nobody else has to hear of its end: of a cluster's node it stays until the daemon has told the
 * coordinator. On a full disk it stays until a later command.
 */
export async function closeLocal(node: ConsoleNode, runner: Pick<Runner, 'acknowledge'>, ended: Ended): Promise<void> {
  if (!ended.isLocal || node.hasJoined) return;
  try {
    await runner.acknowledge(ended.operation);
  } catch (error) {
    if (toUvsError(error).reason !== 'NO_SPACE') throw error;
    node.print(safeLine(`${ended.operation}: the disk is full, and its end stays in the journal alone`));
  }
}

/** One line for a person, safe to print. */
export function describeEnd(ended: Ended): string {
  return safeLine(`${ended.operation}: ${ended.outcome}: ${ended.message}`);
}

/** Brings what was interrupted to its end, which has to be over before anything else, and tells of it. Ends that a coordinator has yet to hear of were told when they came. */
export async function recoverFirst(node: ConsoleNode, runner: Pick<Runner, 'openOperations' | 'recover'>): Promise<readonly Ended[]> {
  const open = await runner.openOperations();
  const told = new Set(open.flatMap(({ operation, ended }) => (ended === undefined ? [] : [operation])));
  const all = await runner.recover({ abandon: false });
  for (const ended of all) if (!told.has(ended.operation)) node.print(`an earlier operation, ${describeEnd(ended)}`);
  return all;
}

/** Every line as it comes; of the progress only what is a measure, because the rest is among the lines. */
function printer(print: (line: string) => void): OperationObserver {
  return {
    progress: (_operation, _phase, message, percent) => {
      if (percent >= 0) print(safeLine(message));
    },
    output: (_operation, phase, text) => {
      for (const line of safeBlock(text).split('\n')) print(`${phase}| ${line}`);
    },
  };
}
