import type { Command } from 'commander';
import { pause } from '../../../common/deadline.ts';
import { jsonLine } from '../../output/json.ts';
import { safeBlock } from '../../output/safe-text.ts';
import { resourceName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { OutputCursor } from './output-cursor.ts';

/** `uvsctl operations logs`: what the tasks and steps of an operation wrote. */
export function addOperationsLogs(group: Command, run: Run): void {
  group
    .command('logs')
    .description("an operation's output, each line as PHASE| TEXT")
    .argument('<operation>', 'its id')
    .option('-f, --follow', 'go on until the operation has ended')
    .action(run(showLogs));
}

const followEveryMs = 2_000;

async function showLogs(context: Context, id: string, options: { readonly follow?: true }): Promise<void> {
  const name = resourceName('operations', id);
  const cursor = new OutputCursor();
  for (;;) {
    // Asked before the output is read, so that what was written until the end is in it.
    const { operation } = await context.api.call('uvs.v1.OperationService', 'GetOperation', { name }, context.limits);
    cursor.rewind();
    let isTailOnly = false;
    for await (const { text, truncated } of context.api.stream('uvs.v1.OperationService', 'ReadOutput', { name }, context.limits)) {
      if (truncated && !isTailOnly) {
        isTailOnly = true;
        if (cursor.isFresh) context.terminal.note('The node cannot be reached; this is the tail that the cluster keeps.');
        cursor.expectTail();
      }
      const fresh = cursor.take(text);
      if (fresh === '') continue;
      context.terminal.write(context.isJson ? jsonLine({ text: fresh, truncated }) : safeBlock(fresh));
    }
    if (options.follow !== true || operation?.done === true) return;
    await pause(followEveryMs, 'more output', context.signal);
  }
}
