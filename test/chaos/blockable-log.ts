/** @returns for how long each block lasted, in milliseconds, as the blocked processes tell in their logs (blockable.ts) */
export function blocksIn(logs: readonly string[]): number[] {
  return logs.flatMap((log) => [...log.matchAll(/^blocked (\d+) ms$/gmu)].map(([, ms]) => Number(ms)));
}
