import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Watch } from '../support/launched-node.ts';

/** At every `step`th point, from which on. */
export interface Which {
  readonly step: number;
  readonly from?: number;
}

/** One point alone. */
export const only = (index: number): Which => ({ step: Number.MAX_SAFE_INTEGER, from: index });

/**
 * Runs something over agents and the launcher with a program for its points that lists each, and runs a script at those that are asked for.
 * @param script shell with the number of the point, in the folder, as $1 @returns the points that were passed
 */
export async function atHandoverPoints(
  folder: string,
  { step, from = 0 }: Which,
  script: string,
  run: (watch: Watch) => Promise<void>,
): Promise<readonly string[]> {
  mkdirSync(folder);
  const trace = join(folder, 'points');
  const program = join(folder, 'pass');
  writeFileSync(trace, '');
  writeFileSync(
    program,
    `#!/bin/sh
set -eu
n=$(wc -l < '${trace}')
echo "$1" >> '${trace}'
[ $((n % ${step})) -eq ${from} ] || exit 0
set -- '${folder}/'"$n"
${script}
`,
    { mode: 0o755 },
  );
  await run({ program, trace, step, from });
  return readFileSync(trace, 'utf8').split('\n').slice(0, -1);
}
