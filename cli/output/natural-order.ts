const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });

/** Orders names as people do: demo2 before demo10; a total order, the same on every machine. */
export function naturalOrder(a: string, b: string): number {
  const order = collator.compare(a, b);
  if (order !== 0) return order;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
