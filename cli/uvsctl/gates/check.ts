import type { Command } from 'commander';
import type { GateAnswer__Output } from '../../../proto/gen/uvs/v1/GateAnswer.ts';
import { EXIT_OK, exitCodes } from '../../exit-codes.ts';
import { formatDuration } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import { resourceName, shortName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showList } from '../show.ts';

const answerColumns: readonly Column<GateAnswer__Output>[] = [
  { title: 'Gate', cell: (answer) => shortName(answer.gate) },
  { title: 'Answer', cell: (answer) => (answer.yes ? 'yes' : 'no'), tone: (answer) => (answer.yes ? 'good' : 'bad') },
  { title: 'Took', cell: (answer) => formatDuration(Number(answer.durationMs)), align: 'right' },
  { title: 'Message', cell: (answer) => answer.message || '-' },
];

/** `uvsctl gates check`: asks all gates now; a "no" is the exit code of GATE_CLOSED. */
export function addGatesCheck(group: Command, run: Run): void {
  group
    .command('check')
    .description('ask all gates now, as if the node were the next one')
    .argument('<node>', 'name or UID')
    .action(run(checkGates));
}

async function checkGates(context: Context, node: string): Promise<number> {
  const request = { node: resourceName('nodes', node) };
  const { answers } = await context.api.call('uvs.v1.GateService', 'EvaluateGates', request, context.callLimits);
  showList(context, { json: { answers }, rows: answers, columns: answerColumns, none: 'No gates are configured.' });
  return answers.every(({ yes }) => yes) ? EXIT_OK : exitCodes.GATE_CLOSED;
}
