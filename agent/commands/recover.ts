import type { OperatorsWord } from '../accepted/settle.ts';
import type { Ended } from '../ports.ts';
import { Runner } from '../runner.ts';
import { closeLocal, consolePorts, recoverySetup, describeEnd, type ConsoleNode } from './console.ts';

/** An operation that may need an operator, who says that the node is in order; the reason is told to the cluster with the operation's end. */
export interface Acceptance extends OperatorsWord {
  readonly operation: string;
}

/**
 * `uvs-agent recover`: finishes what a crash or power cut interrupted, without any coordinator, so that the node is all old or all new.
 * What had a slot stays to be reported when a coordinator is reached.
 */
export async function recover(node: ConsoleNode, accepted?: Acceptance): Promise<readonly Ended[]> {
  await using runner = await Runner.open(recoverySetup(node), consolePorts(node), 'uvs-agent recover');
  const settled = accepted === undefined ? undefined : await runner.settle(accepted.operation, accepted);
  const finished = await runner.recover({ abandon: true });
  for (const ended of finished) {
    node.print(describeEnd(ended));
    await closeLocal(node, runner, ended);
  }
  if (accepted !== undefined && settled === 'recovered')
    node.print(`${accepted.operation} was interrupted and has come to its end by itself: nothing had to be accepted.`);
  if (accepted !== undefined && settled === 'ended') node.print(`${accepted.operation} had ended before: nothing had to be accepted.`);
  if (finished.length === 0) node.print('Nothing was interrupted.');
  return finished;
}

/**
 * `uvs-agent recover --files-only`: puts the files of a half-done commit back and does nothing else. For the boot, before anything is started:
 * a service can't be started there, and a task would find no network. The agent finishes the operation once the node is up.
 */
export async function recoverFiles(node: ConsoleNode): Promise<readonly string[]> {
  await using runner = await Runner.open(recoverySetup(node), consolePorts(node), 'uvs-agent recover');
  const operations = await runner.restoreInterrupted();
  for (const operation of operations) node.print(`${operation}: its files are as before`);
  return operations;
}
