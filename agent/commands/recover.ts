import { resolve } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { safeLine } from '../../common/safe-text.ts';
import type { OperatorsWord } from '../accepted/settle.ts';
import { HandedOver } from '../handover.ts';
import { Journal } from '../journal.ts';
import { replayOperations, type OperationState } from '../operation-state.ts';
import type { Ended } from '../ports.ts';
import { Runner } from '../runner.ts';
import { stateDirectoryAt } from '../state-directory.ts';
import { closeLocal, consolePorts, recoverySetup, describeEnd, type ConsoleNode } from './console.ts';
import { afterRecovery, otherThan } from './interrupted.ts';
import { startSuccessor, watchSuccessor } from './take-over.ts';

/** An operation that may need an operator, who says that the node is in order; the reason is told to the cluster with the operation's end. */
export interface Acceptance extends OperatorsWord {
  readonly operation: string;
}

/**
 * `uvs-agent recover`: finishes what a crash or power cut interrupted, without any coordinator, so that the node is all old or all new.
 * What had a slot stays to be reported when a coordinator is reached. Where another agent has to go on, as after a new one has failed, that one is started.
 */
export async function recover(node: ConsoleNode, accepted?: Acceptance): Promise<readonly Ended[]> {
  try {
    return await recoverHere(node, accepted);
  } catch (error) {
    if (!(error instanceof HandedOver)) throw error;
    return [await recoverThere(node, accepted)];
  }
}

async function recoverHere(node: ConsoleNode, accepted: Acceptance | undefined): Promise<readonly Ended[]> {
  await using runner = await Runner.open(recoverySetup(node), consolePorts(node), 'uvs-agent recover');
  const before = replayOperations(await Journal.read(stateDirectoryAt(node.statePath).path));
  const settled = accepted === undefined ? undefined : await settle(runner, accepted, before);
  const finished = await runner.recover({ abandon: true });
  for (const ended of finished) {
    node.print(describeEnd(ended));
    await closeLocal(node, runner, ended);
  }
  if (accepted !== undefined && settled === 'recovered') node.print(byItself(accepted.operation));
  if (accepted !== undefined && (settled === 'needs-operator' || settled === 'given-up'))
    node.print(`${accepted.operation} needs an operator since this moment: see that the node is in order, then accept it again.`);
  if (accepted !== undefined && settled === 'ended') node.print(`${accepted.operation} had ended before: nothing had to be accepted.`);
  if (finished.length === 0) node.print('Nothing was interrupted.');
  for (const line of afterRecovery(finished, before, { root: resolve(node.root), hasJoined: node.hasJoined })) node.print(safeLine(line));
  return finished;
}

/** Uses the operator's word. @throws UvsError NOT_FOUND with what there is in the place of an operation that is not there */
async function settle(
  runner: Runner,
  accepted: Acceptance,
  before: ReadonlyMap<string, OperationState>,
): Promise<Awaited<ReturnType<Runner['settle']>>> {
  try {
    return await runner.settle(accepted.operation, accepted);
  } catch (error) {
    if (!(error instanceof UvsError) || error.reason !== 'NOT_FOUND' || error.hint !== undefined) throw error;
    throw new UvsError('NOT_FOUND', error.message, { cause: error, hint: otherThan(accepted.operation, before) });
  }
}

/** The agent that goes on recovers as well, and gives up nothing. @throws UvsError NOT_ALLOWED_NOW where it has not come to an end either */
async function recoverThere(node: ConsoleNode, accepted: Acceptance | undefined): Promise<Ended> {
  const replacement = await consolePorts(node).handover.state();
  if (replacement === undefined) throw new UvsError('INTERNAL', 'an agent has handed over, and nothing says which one goes on');
  const ended = await watchSuccessor(node, replacement.operation, 'recover');
  if (ended.operation === accepted?.operation && ended.outcome !== 'needs-operator') node.print(byItself(ended.operation));
  for (const line of afterRecovery([ended], new Map(), { root: resolve(node.root), hasJoined: node.hasJoined })) node.print(safeLine(line));
  return ended;
}

function byItself(operation: string): string {
  return `${operation} was interrupted and has come to its end by itself: nothing had to be accepted.`;
}

/**
 * `uvs-agent recover --files-only`: puts the files of a half-done commit back and does nothing else. For the boot, before anything is started:
 * a service can't be started there, and a task would find no network. The agent finishes the operation once the node is up.
 */
export async function recoverFiles(node: ConsoleNode): Promise<readonly string[]> {
  try {
    return await recoverFilesHere(node);
  } catch (error) {
    if (!(error instanceof HandedOver)) throw error;
    const code = await startSuccessor(node, ['recover', '--files-only']);
    if (code === 0) return [];
    throw new UvsError('NOT_ALLOWED_NOW', `agent ${error.to}, which is to put the files back, ended with ${code ?? 'a signal'}`, {
      hint: 'Above it says why. Mend that and try again.',
    });
  }
}

async function recoverFilesHere(node: ConsoleNode): Promise<readonly string[]> {
  await using runner = await Runner.open(recoverySetup(node), consolePorts(node), 'uvs-agent recover');
  const operations = await runner.restoreInterrupted();
  for (const operation of operations) node.print(`${operation}: its files are as before`);
  return operations;
}
