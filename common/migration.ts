/**
 * What is done about a directory and the SSD on /m2 (docs/nodes.md, "The SSD on /m2"): it is brought there; the old one, which is kept, counts again; the old
 * one is removed.
 */
export const migrationActs = ['migrate', 'undo', 'confirm'] as const;

export type MigrationAct = (typeof migrationActs)[number];

/** So that the names of its units, in which each byte may take four, stay within what a file's name may have; the node looks at that itself. */
const MAX_LENGTH = 200;
const SEGMENT = /^[A-Za-z0-9_+,=:@.~-]+$/;

/**
 * Tells whether a text can name a directory that is brought to the SSD: absolute, normalised, at most 200 characters, and of such only as mean nothing else
 * to systemd. Whether a node has it, and can do without it in its place, is the node's decision.
 */
export function isDirectoryName(text: string): boolean {
  if (!text.startsWith('/') || text.length > MAX_LENGTH) return false;
  return text
    .slice(1)
    .split('/')
    .every((part) => SEGMENT.test(part) && part !== '.' && part !== '..');
}
