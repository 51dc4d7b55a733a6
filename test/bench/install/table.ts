import { median } from '../table.ts';
import type { Cost } from './cost.ts';

interface Runs {
  readonly name: string;
  readonly costs: readonly Cost[];
}

/** One line for each contender, median and minimum of its rounds; the first one's wall time over each other's, round by round. */
export function costTable(runs: readonly Runs[], payloadBytes: number): string {
  const first = runs[0]?.costs ?? [];
  const lines = runs.map(({ name, costs }) => {
    const of = (pick: (cost: Cost) => number): string => {
      const values = costs.map(pick);
      return `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)})`;
    };
    const ratios = first.map((cost, round) => cost.wallMs / (costs[round]?.wallMs ?? Number.NaN));
    const atBest = Math.min(...first.map(({ wallMs }) => wallMs)) / Math.min(...costs.map(({ wallMs }) => wallMs));
    return [
      name,
      of(({ wallMs }) => wallMs / 1000),
      of(({ cpuMs }) => cpuMs / 1000),
      (Math.max(...costs.map(({ peakRssBytes }) => peakRssBytes)) / 2 ** 20).toFixed(0),
      median(costs.map(({ writtenBytes }) => writtenBytes / payloadBytes)).toFixed(2),
      `${median(ratios).toFixed(2)} (${atBest.toFixed(2)})`,
    ];
  });
  const table = [['median (minimum)', 'wall s', 'CPU s', 'peak MiB', 'written / payload', 'ours / it'], ...lines];
  const widths = table[0]?.map((_cell, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '))
    .join('\n');
}
