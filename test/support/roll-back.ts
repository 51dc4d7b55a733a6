import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import type { NodePorts } from '../../agent/operation-context.ts';
import type { Ended, PackageOrigin } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import type { TestNode } from './update-node.ts';

const noPackage: PackageOrigin = {
  open: () => Promise.reject(new Error('a rollback has no package')),
  contentKey: () => Promise.reject(new Error('a rollback has no package')),
};

/** Takes the release of component "uvs" back on a test node without a slot, with some of the agent's ports changed. */
export async function rollBack(node: TestNode, ports: Partial<NodePorts>, operation = 'op-back'): Promise<Ended> {
  await using runner = await Runner.open(await consoleSetup(node.console()), { ...consolePorts(node.console()), ...ports }, 'test');
  const { components } = await runner.installed();
  const { manifestHash = '', version = '' } = components.find(({ component }) => component === 'uvs') ?? {};
  const action = { kind: 'rollback', release: manifestHash, version } as const;
  const request = { operation, packageDigest: '', origin: noPackage, action, slots: undefined };
  const ended = await runner.runOperation(request, new AbortController().signal);
  await runner.acknowledge(operation);
  return ended;
}
