import type { Command } from 'commander';
import type { Gate__Output } from '../../../proto/gen/uvs/v1/Gate.ts';
import type { StuckDrain__Output } from '../../../proto/gen/uvs/v1/StuckDrain.ts';
import { formatCount, formatTime } from '../../output/quantity.ts';
import { safeLine } from '../../../common/safe-text.ts';
import type { Column } from '../../output/table.ts';
import { shortName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showList } from '../show.ts';

const gateColumns: readonly Column<Gate__Output>[] = [
  { title: 'Gate', cell: (gate) => shortName(gate.name) },
  { title: 'Kind', cell: (gate) => gate.kind },
  {
    title: 'Last answer',
    cell: ({ lastAnswer }) => (lastAnswer === null ? 'not asked yet' : lastAnswer.yes ? 'yes' : 'no'),
    tone: ({ lastAnswer }) => (lastAnswer === null ? 'dim' : lastAnswer.yes ? 'good' : 'bad'),
  },
  { title: 'When', cell: ({ lastAnswer }) => formatTime(lastAnswer?.answerTime ?? null) },
  { title: 'Message', cell: ({ lastAnswer }) => lastAnswer?.message || '-' },
];

/** `uvsctl gates list`. */
export function addGatesList(group: Command, run: Run): void {
  group.command('list').alias('ls').description('the gates with their last answers').action(run(listGates));
}

async function listGates(context: Context): Promise<void> {
  const { gates, stuckDrains, stuckDrainsTotal } = await context.api.call('uvs.v1.GateService', 'ListGates', {}, context.callLimits);
  showList(context, {
    json: { gates, stuckDrains, stuckDrainsTotal },
    rows: gates,
    columns: gateColumns,
    none: "No gates are configured (they are set in the coordinators' own files).",
  });
  if (context.isJson || stuckDrains.length === 0) return;
  const shown = stuckDrains.length < stuckDrainsTotal ? `, the oldest ${stuckDrains.length.toLocaleString('en')} of them` : '';
  context.terminal.write(`\nSet, and can't be taken back, for ${formatCount(stuckDrainsTotal, 'node')}${shown}:\n`);
  for (const drain of stuckDrains) for (const line of drainLines(drain)) context.terminal.write(`  ${safeLine(line)}\n`);
}

/** Why, and what is to be looked for where it was set. */
function drainLines({ hostname, operation, since, reason, set }: StuckDrain__Output): readonly string[] {
  const first = `${hostname}, since ${formatTime(since)}, for ${shortName(operation)}: ${reason}`;
  return [first, ...Object.entries(set).map(([gate, what]) => `  ${gate}: ${what}`)];
}
