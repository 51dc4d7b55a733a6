import { resolve } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { HandedOver } from '../handover.ts';
import { readHistory } from '../history.ts';
import { Journal } from '../journal.ts';
import { reasonOf } from '../operation-end.ts';
import { replayOperations } from '../operation-state.ts';
import { launchSuccessor, type SuccessorCommand } from '../os/launcher.ts';
import type { Ended } from '../ports.ts';
import { Runner } from '../runner.ts';
import { stateDirectoryAt } from '../state-directory.ts';
import { closeLocal, consolePorts, describeEnd, recoverySetup, type ConsoleNode } from './console.ts';

/** Goes on, where an agent before this one has handed over at the console; the launcher starts it under a deadline. */
export async function takeOver(node: ConsoleNode): Promise<'ended' | 'handed-over'> {
  await using runner = await Runner.open(recoverySetup(node), consolePorts(node), 'uvs-agent take-over');
  try {
    for (const ended of await runner.recover({ abandon: false })) {
      node.print(describeEnd(ended));
      await closeLocal(node, runner, ended);
    }
    return 'ended';
  } catch (error) {
    if (error instanceof HandedOver) return 'handed-over';
    throw error;
  }
}

/**
 * Starts the agent that goes on in the place of this one, which has let go of the state directory, and waits until the operation is over.
 * @throws UvsError NOT_ALLOWED_NOW where it is not over: nothing goes on by itself at a console
 */
export async function watchSuccessor(node: ConsoleNode, operation: string, command: 'take-over' | 'recover'): Promise<Ended> {
  await startSuccessor(node, [command]);
  const ended = await endOf(node, operation);
  if (ended !== undefined) return ended;
  throw new UvsError('NOT_ALLOWED_NOW', `the operation ${operation} is not over: the agent that took over has ended`, {
    hint: 'Start the daemon, or run `uvs-agent recover`: it goes on from where it is.',
  });
}

/** @returns its exit code; undefined: a signal ended it */
export async function startSuccessor(node: ConsoleNode, command: SuccessorCommand): Promise<number | undefined> {
  const { launcher } = consolePorts(node).handover;
  if (launcher === undefined) throw new UvsError('INTERNAL', 'an agent without a launcher has handed over');
  return await launchSuccessor(launcher, command, resolve(node.root));
}

async function endOf(node: ConsoleNode, operation: string): Promise<Ended | undefined> {
  const state = stateDirectoryAt(node.statePath);
  const open = replayOperations(await Journal.read(state.path)).get(operation);
  const past = (await readHistory(state)).find((entry) => entry.operation === operation);
  const found = open?.ended ?? past;
  if (found === undefined) return undefined;
  const { outcome, message } = found;
  return {
    operation,
    token: undefined,
    isLocal: true,
    ...reasonOf(open?.noSlotReason ?? past?.noSlotReason),
    outcome,
    message,
    outputTail: '',
  };
}
