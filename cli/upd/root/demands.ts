import type { SignedRoot } from '../../../common/upd/root.ts';
import { keysThatSigned, type Role } from '../../../common/upd/signatures.ts';
import { newestLink, type TrustFile } from './trust-file.ts';

/** Whose signatures the last version of a chain needs: of the root keys of the version before, and of its own. */
export interface Demand {
  readonly version: number;
  readonly threshold: number;
  /** Of those root keys. */
  readonly signed: readonly string[];
  readonly unsigned: readonly string[];
}

/** Nothing is demanded of a first version: it is trusted by its hash. @throws UvsError SIGNATURE_INVALID */
export function demandsOf(file: TrustFile): readonly Demand[] {
  const before = file.at(-2);
  if (before === undefined) return [];
  const newest = newestLink(file);
  return [before, newest].map(({ trusted }) => demand(newest.signed, newest.trusted.root.version, trusted.root.version, trusted.root.root));
}

export function isMet({ threshold, signed }: Demand): boolean {
  return signed.length >= threshold;
}

/** One line for each demand, e.g. "version 1 wants 2, 1 has signed; 1 more of 3f…, 9c…". */
export function describeDemands(demands: readonly Demand[]): readonly string[] {
  return demands.map((one) => {
    const rest = isMet(one) ? '' : `; ${one.threshold - one.signed.length} more of ${one.unsigned.join(', ')}`;
    return `  root keys of version ${one.version}: ${one.signed.length} of ${one.threshold} signed${rest}`;
  });
}

function demand({ bytes, signatures }: SignedRoot, linkVersion: number, version: number, role: Role): Demand {
  const signed = keysThatSigned('root', bytes, signatures, role, `root file version ${linkVersion}`);
  const unsigned = role.keys.map(({ keyId }) => keyId).filter((keyId) => !signed.includes(keyId));
  return { version, threshold: role.threshold, signed, unsigned };
}
