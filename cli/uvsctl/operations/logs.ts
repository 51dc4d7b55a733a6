import type { Command } from 'commander';
import { pause } from '../../../common/deadline.ts';
import { UvsError } from '../../../common/errors.ts';
import { outputPlace } from '../../../common/output-place.ts';
import type { Operation__Output } from '../../../proto/gen/uvs/v1/Operation.ts';
import { jsonLine } from '../../output/json.ts';
import { safeBlock, safeLine } from '../../../common/safe-text.ts';
import { resourceName, shortName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { OutputCursor, type OutputReading } from './output-cursor.ts';

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
/** An agent keeps no more than 4 MiB of an operation; a coordinator that sends more than this is not listened to. */
const maxOutputLength = 32 * 1024 * 1024;

async function showLogs(context: Context, id: string, options: { readonly follow?: true }): Promise<void> {
  const { api, callLimits, terminal } = context;
  const name = resourceName('operations', id);
  const cursor = new OutputCursor();
  let isTailTold = false;
  for (;;) {
    // Asked before the output is read, so that what was written until the end is in it.
    const { operation } = await api.call('uvs.v1.OperationService', 'GetOperation', { name }, callLimits);
    const reading = await readOutput(context, name);
    if (reading.isTail && !isTailTold) terminal.note(describeTail(reading, operation));
    isTailTold ||= reading.isTail;
    const fresh = cursor.take(reading);
    if (fresh !== '') terminal.write(context.isJson ? jsonLine({ text: fresh, truncated: reading.isTail }) : safeBlock(fresh));
    if (operation?.done === true) {
      const isWell = operation.outcome === 'installed' || operation.outcome === 'done';
      // the output of one that failed ends with what went wrong, not with what became of the node
      if (!isWell) terminal.note(safeLine(`${shortName(operation.name)} ended as ${operation.outcome}: ${operation.message}`));
      return;
    }
    if (options.follow !== true) return;
    await pause(followEveryMs, 'more output', context.signal);
  }
}

/** Of what can't be read from its node: what there is instead, or, where there is nothing, what is known of the operation and where its output lies. */
function describeTail({ text }: OutputReading, operation: Operation__Output | null): string {
  const away = 'The node cannot be reached, or keeps the output no more';
  if (text !== '') return `${away}; this is the tail that the cluster keeps.`;
  if (operation === null) return `${away}, and the cluster keeps no tail.`;
  const { hostname, phase, message, done, name } = operation;
  const last = [phase, message].filter((part) => part !== '').join(': ');
  const known = done || last === '' ? '' : ` The last that it told: ${last}.`;
  const where = `It is on ${hostname}, below the root that its agent manages: ${outputPlace(shortName(name))}`;
  return safeLine(`${away}, and the cluster keeps no tail${done ? '' : ' before the end'}.${known} ${where}`);
}

async function readOutput({ api, callLimits }: Context, name: string): Promise<OutputReading> {
  let text = '';
  let isTail = false;
  for await (const piece of api.stream('uvs.v1.OperationService', 'ReadOutput', { name }, callLimits)) {
    text += piece.text;
    isTail ||= piece.truncated;
    if (text.length > maxOutputLength) throw new UvsError('INTERNAL', `the output of ${name} is longer than ${maxOutputLength} characters`);
  }
  return { text, isTail };
}
