import type { Role } from '../../../common/upd/signatures.ts';

/** Says what it means that a new version demands every root key that it has, where the one before could spare some; undefined: it does not, or that was so. */
export function describeLostSlack(before: Role, after: Role): string | undefined {
  if (after.keys.length > after.threshold || before.keys.length <= before.threshold) return undefined;
  const all = after.keys.length === 1 ? 'its only root key has' : `all of its ${after.keys.length} root keys have`;
  return `${all} to sign what follows: once another is lost, no root file can follow, and all has to begin anew. Add a key in this version: --add-key root=FILE.pub`;
}
