/** What something else had changed on a node of one unit or setting, and was put back. */
export interface Mended {
  /** Of limits, files, or parameters. */
  readonly names: readonly string[];
  /** By the coordinator's wall clock, in milliseconds. */
  readonly atMs: number;
}

const SHOWN_MS = 24 * 3_600_000;

/**
 * What is known of it after a report: an agent tells it once, right when it has put something back, and few would look at that moment.
 * @param found what it says now
 * @param before what was known before this
 */
export function lastMended(found: readonly string[], before: Mended | undefined, nowMs: number): Mended | undefined {
  return found.length > 0 ? { names: found, atMs: nowMs } : before;
}

/** Those of a report, without what is too old to be shown. */
export function withRecent<T extends { readonly mended: Mended | undefined }>(told: readonly T[], nowMs: number): readonly T[] {
  const isOld = ({ mended }: T): boolean => mended !== undefined && nowMs - mended.atMs >= SHOWN_MS;
  return told.some(isOld) ? told.map((each) => (isOld(each) ? { ...each, mended: undefined } : each)) : told;
}

/** Those of which a report says more than was shown before. */
export function newlyMended<T extends { readonly mended: Mended | undefined }>(now: readonly T[], before: readonly T[] = []): readonly T[] {
  const shown = new Set(before.map(({ mended }) => mended));
  return now.filter(({ mended }) => mended !== undefined && !shown.has(mended));
}
