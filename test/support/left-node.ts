import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { recover } from '../../agent/commands/recover.ts';
import { readStatus } from '../../agent/commands/status.ts';
import type { FailpointName } from '../../agent/failpoints.ts';
import { Journal } from '../../agent/journal.ts';
import type { Ended } from '../../agent/ports.ts';
import { install } from './install.ts';
import { memoryNode } from './memory-node.ts';
import { directory, file, remove, runChild, task, type TestNode } from './update-node.ts';

/** A node on which an operation needs an operator. */
interface Left {
  readonly node: TestNode;
  readonly operation: string;
  /** Where its originals are. */
  readonly area: string;
}

/** Installs "one", lets the agent die in what follows, and has its recovery given up as an operator can: the operation needs one then. */
export async function leave(
  program: string,
  node: TestNode,
  command: 'apply' | 'rollback',
  dieAt: FailpointName,
  name = 'two',
): Promise<Left> {
  const order = { root: node.root, rootFile: node.rootFile, command, file: node.packagePath(name), dieAt } as const;
  const died = await runChild(program, order);
  if (died.signal !== 'SIGKILL') throw new Error(`it did not come to ${dieAt}: ${died.output}`);
  const [open] = (await readStatus(node)).operations;
  const operation = open?.operation ?? '';
  await using journal = await Journal.open(node.statePath);
  const message = `NEEDS_OPERATOR: an operator gave up its recovery in ${open?.phase}: its disk was lost`;
  await journal.append({ kind: 'ended', operation, outcome: 'needs-operator', message });
  return { node, operation, area: join(node.root, '.uvs-staging', operation) };
}

/** The one that has not ended. */
export async function openOperation(node: TestNode): Promise<string> {
  return (await readStatus(node)).operations[0]?.operation ?? '';
}

/** As an operator says it, who has seen the node. */
export function accept(node: TestNode, operation: string, isMixed = false): Promise<readonly Ended[]> {
  return recover(node.console(), { operation, reason: 'seen', isMixed });
}

/** A small node that "two" was brought to, up to a point. */
export async function leftAt(program: string, dieAt: FailpointName, node = memoryNode()): Promise<Left> {
  const config = (content: string) => file('etc/app.conf', content, { config: 'replace' });
  await node.build('one', {
    seq: 1,
    files: [directory('opt'), file('opt/a', 'one'), file('opt/b', 'one of b'), file('opt/gone', 'gone'), config('one')],
  });
  await node.build('two', {
    seq: 2,
    files: [file('opt/a', 'two, longer'), file('opt/b', 'two of b'), file('opt/new', 'new'), remove('opt/gone'), config('two, its own')],
    tasks: [task('pre', 'before', 'true')],
  });
  await install(node, 'one');
  appendFileSync(join(node.root, 'etc/app.conf'), ', edited here');
  return await leave(program, node, 'apply', dieAt);
}
