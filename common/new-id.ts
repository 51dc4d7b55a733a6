const TIME_DIGITS = 9;
const RANDOM_DIGITS = 10;

/**
 * Makes ids that sort by the time of their making as far as the clock goes, e.g. "op-0lx2k3m4n-1f0c2d9a7b"; what makes them unique is the
 * random part.
 * @param randomUuid of which the last digits are used
 */
export function newId(kind: 'op' | 'ro', wallMs: number, randomUuid: string): string {
  const time = Math.max(0, Math.floor(wallMs)).toString(36).padStart(TIME_DIGITS, '0');
  return `${kind}-${time}-${randomUuid.replaceAll('-', '').slice(-RANDOM_DIGITS)}`;
}
