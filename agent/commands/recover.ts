import type { Ended } from '../ports.ts';
import { bootingServices } from '../os/systemd-services.ts';
import { Runner } from '../runner.ts';
import { consolePorts, consoleSetup, describeEnd, type ConsoleNode } from './console.ts';

export interface RecoverOptions {
  /** An operation that needs an operator, who says that the node is in order as it is. */
  readonly accept?: string;
  /** Services have not been started yet: puts files in order and leaves to the daemon what needs the machine up, or has not begun. */
  readonly isAtBoot?: boolean;
}

/**
 * `uvs-agent recover`: finishes what a crash or power cut interrupted, without any coordinator, so that the node is all old or all new.
 * What had a slot stays to be reported when a coordinator is reached.
 */
export async function recover(node: ConsoleNode, options: RecoverOptions = {}): Promise<readonly Ended[]> {
  const isAtBoot = options.isAtBoot === true;
  const setup = await consoleSetup(node);
  await using runner = await Runner.open(setup, consolePorts(node, isAtBoot ? bootingServices() : undefined), 'uvs-agent recover');
  if (options.accept !== undefined) await runner.settle(options.accept);
  const finished = await runner.recover(isAtBoot ? { abandon: false, areServicesUp: false } : { abandon: true });
  for (const ended of finished) {
    node.print(describeEnd(ended));
    if (ended.token === undefined) await runner.acknowledge(ended.operation);
  }
  if (finished.length === 0) node.print('Nothing was interrupted.');
  return finished;
}
