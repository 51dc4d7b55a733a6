/** One line of the result: what was measured, its value, and what it is to be compared with. */
export interface Row {
  readonly what: string;
  readonly value: string;
  readonly note: string;
}

/** Lays rows out as one table for a terminal or a log. */
export function formatTable(rows: readonly Row[]): string {
  const header: Row = { what: 'Measured', value: 'Value', note: '' };
  const width = (pick: (row: Row) => string): number => Math.max(...[header, ...rows].map((row) => pick(row).length));
  const whatWidth = width((row) => row.what);
  const valueWidth = width((row) => row.value);
  const line = (row: Row): string => `${row.what.padEnd(whatWidth)}  ${row.value.padStart(valueWidth)}  ${row.note}`.trimEnd();
  return [line(header), '-'.repeat(whatWidth + valueWidth + 2), ...rows.map(line)].join('\n');
}

/** Of an odd number of values the middle one. */
export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
