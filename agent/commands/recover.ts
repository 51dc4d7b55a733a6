import type { Ended } from '../ports.ts';
import { Runner } from '../runner.ts';
import { consolePorts, consoleSetup, describeEnd, type ConsoleNode } from './console.ts';

export interface RecoverOptions {
  /** An operation that needs an operator, who says that the node is in order as it is. */
  readonly accept?: string;
}

/**
 * `uvs-agent recover`: finishes what a crash or power cut interrupted, without any coordinator, so that the node is all old or all new.
 * What had a slot stays to be reported when a coordinator is reached.
 */
export async function recover(node: ConsoleNode, options: RecoverOptions = {}): Promise<readonly Ended[]> {
  const setup = await consoleSetup(node);
  await using runner = await Runner.open(setup, consolePorts(node), 'uvs-agent recover');
  if (options.accept !== undefined) await runner.settle(options.accept);
  const finished = await runner.recover({ abandon: true });
  for (const ended of finished) {
    node.print(describeEnd(ended));
    if (ended.token === undefined) await runner.acknowledge(ended.operation);
  }
  if (finished.length === 0) node.print('Nothing was interrupted.');
  return finished;
}
