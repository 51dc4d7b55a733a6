/** What something else had changed on a node of one unit or setting, and was put back. */
export interface Mended {
  /** Of limits, files, or parameters. */
  readonly names: readonly string[];
  /** By the coordinator's wall clock, in milliseconds. */
  readonly atMs: number;
}

const SHOWN_MS = 24 * 3_600_000;

/**
 * What is shown of it: an agent tells it once, right when it has put something back, and few would look at that moment.
 * @param found what it says now
 * @param before what was shown before this
 */
export function lastMended(found: readonly string[], before: Mended | undefined, nowMs: number): Mended | undefined {
  if (found.length > 0) return { names: found, atMs: nowMs };
  return before !== undefined && nowMs - before.atMs < SHOWN_MS ? before : undefined;
}

/** Those of which a report says more than was shown before. */
export function newlyMended<T extends { readonly mended: Mended | undefined }>(now: readonly T[], before: readonly T[] = []): readonly T[] {
  const shown = new Set(before.map(({ mended }) => mended));
  return now.filter(({ mended }) => mended !== undefined && !shown.has(mended));
}
