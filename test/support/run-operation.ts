import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import type { NodePorts } from '../../agent/operation-context.ts';
import type { Ended } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import type { TestNode } from './update-node.ts';

/** Brings a package onto a test node without a slot, with some of the agent's ports changed. */
export async function runOperation(node: TestNode, name: string, ports: Partial<NodePorts>, operation = 'op-1'): Promise<Ended> {
  await using source = await openFileSource(node.packagePath(name));
  await using runner = await Runner.open(await consoleSetup(node.console()), { ...consolePorts(node.console()), ...ports }, 'test');
  const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
  const ended = await runner.runOperation({ operation, packageDigest: '', origin, slots: undefined }, new AbortController().signal);
  await runner.acknowledge(operation);
  return ended;
}

/** Does something when the agent passes a point. */
export function atPoint(point: string, act: () => void): Pick<NodePorts, 'failpoints'> {
  return { failpoints: { pass: (passed) => (passed === point ? act() : undefined) } };
}
