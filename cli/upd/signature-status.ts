import { UvsError } from '../../common/errors.ts';
import type { Signature } from '../../common/upd/keys.ts';
import type { PackageRole, TrustedRoot } from '../../common/upd/root.ts';
import { keysThatSigned } from '../../common/upd/signatures.ts';
import type { NamedKey } from './files.ts';

/** Whose signatures a package has, and whose it could still get, of one role. */
export interface RoleStatus {
  readonly role: PackageRole;
  readonly threshold: number;
  /** Whether the role may sign the package's product. */
  readonly isAllowed: boolean;
  readonly signed: readonly string[];
  readonly unsigned: readonly string[];
  /** How many are missing. */
  readonly missing: number;
}

/** Compares signatures with what a root file demands. @throws UvsError SIGNATURE_INVALID */
export function signatureStatus(
  root: TrustedRoot,
  product: string,
  manifestBytes: Uint8Array,
  signatures: readonly Signature[],
): readonly RoleStatus[] {
  return (['vendor', 'site'] as const).flatMap((role) => {
    const rules = root.root[role];
    if (rules === undefined) return [];
    const signed = keysThatSigned('manifest', manifestBytes, signatures, rules, 'the manifest');
    const unsigned = rules.keys.map(({ keyId }) => keyId).filter((keyId) => !signed.includes(keyId));
    const missing = Math.max(0, rules.threshold - signed.length);
    return [{ role, threshold: rules.threshold, isAllowed: rules.products.includes(product), signed, unsigned, missing }];
  });
}

/** One line for each role that may sign the product, e.g. "vendor: 1 of 2 signed; 1 more of 3f…, 9c…". */
export function describeStatus(status: readonly RoleStatus[], product: string): readonly string[] {
  const allowed = status.filter(({ isAllowed }) => isAllowed);
  if (allowed.length === 0) return [`  no role may sign the product ${product}`];
  return allowed.map(({ role, threshold, signed, unsigned, missing }) => {
    const rest = missing === 0 ? '' : `; ${missing} more of ${unsigned.join(', ')}`;
    return `  ${role} keys: ${signed.length} of ${threshold} signed${rest}`;
  });
}

/** Whether the package is signed by as many as one role demands. */
export function isSigned(status: readonly RoleStatus[]): boolean {
  return status.some(({ isAllowed, missing }) => isAllowed && missing === 0);
}

/** Refuses a key whose signature would count for nothing. @throws UvsError KEY_UNKNOWN */
export function demandCounts(status: readonly RoleStatus[], { key: { keyId }, path }: NamedKey, root: TrustedRoot, product: string): void {
  const roles = status.filter(({ signed, unsigned }) => signed.includes(keyId) || unsigned.includes(keyId));
  if (roles.some(({ isAllowed }) => isAllowed)) return;
  const { version } = root.root;
  const isRootKey = root.root.root.keys.some((one) => one.keyId === keyId);
  const what =
    roles.length > 0
      ? `a ${roles.map(({ role }) => role).join(' and ')} key of root file version ${version}, which may not sign the product ${product}`
      : isRootKey
        ? `a root key of root file version ${version}: it signs root files, not packages`
        : `no key of root file version ${version}`;
  throw new UvsError('KEY_UNKNOWN', `${path} (${keyId}) is ${what}.`, {
    hint: 'See "upd root show" for the keys of each role; was this one taken out of use?',
    details: { keyId },
  });
}
