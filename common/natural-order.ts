const collator = new Intl.Collator('en-US', { numeric: true });

/** Compares as people sort names with numbers in them: osd2 before osd10. Names that look alike are ordered by code unit, so that the order is total. */
export function compareNaturally(left: string, right: string): number {
  const byCollation = collator.compare(left, right);
  if (byCollation !== 0) return byCollation;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
