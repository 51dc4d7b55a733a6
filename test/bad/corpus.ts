import { containerAttacks } from './attacks/container.ts';
import { encryptionAttacks } from './attacks/encryption.ts';
import { entryAttacks } from './attacks/entries.ts';
import { jsonAttacks } from './attacks/json.ts';
import { rootAttacks } from './attacks/roots.ts';
import { segmentAttacks } from './attacks/segments.ts';
import { signatureAttacks } from './attacks/signatures.ts';
import { orderAttacks, spaceAttacks, targetAttacks } from './attacks/target-and-order.ts';
import type { Attack } from './forge.ts';

/** Every bad package that can be judged by itself and by what the node remembers. */
export const corpus: readonly Attack[] = [
  ...signatureAttacks,
  ...rootAttacks,
  ...targetAttacks,
  ...orderAttacks,
  ...spaceAttacks,
  ...containerAttacks,
  ...segmentAttacks,
  ...encryptionAttacks,
  ...jsonAttacks,
  ...entryAttacks,
];

/** "12 KEY_WRONG, 3 BASE_MISMATCH": how many were refused for each reason, the most frequent first. */
export function byReason(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}
