/** A bar of exactly `columns` characters for 0 to 100 percent; below 0 (unknown) it is empty. ASCII, so that any font and any log shows it. */
export function progressBar(percent: number, columns: number): string {
  const inside = Math.max(1, columns - 2);
  const filled = percent < 0 ? 0 : Math.min(inside, Math.floor((Math.min(100, percent) * inside) / 100));
  return `[${'#'.repeat(filled)}${'.'.repeat(inside - filled)}]`;
}
