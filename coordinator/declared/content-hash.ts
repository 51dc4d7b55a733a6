import { createHash } from 'node:crypto';
import { canonicalText } from '../state/canonical.ts';

/** sha256, hex, by which an agent says what it tells of; whatever the order in which it was declared. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(canonicalText(content)).digest('hex');
}
