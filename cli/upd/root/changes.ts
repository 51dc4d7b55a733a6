import { UvsError } from '../../../common/errors.ts';
import type { PublicKey } from '../../../common/upd/keys.ts';
import type { PackageRoleRules, Root } from '../../../common/upd/root.ts';
import type { Role } from '../../../common/upd/signatures.ts';

export const roleNames = ['root', 'vendor', 'site'] as const;
export type RoleName = (typeof roleNames)[number];

/** Something for one role, as ROLE=VALUE says it on a command line. */
export interface ForRole<T> {
  readonly role: RoleName;
  readonly value: T;
}

/** What the next root file has that the last one has not. */
export interface RootChanges {
  readonly addKeys: readonly ForRole<PublicKey>[];
  /** By key id. */
  readonly removeKeys: readonly ForRole<string>[];
  /** Keys that no role is to have any more, by id. */
  readonly revoke: readonly string[];
  readonly thresholds: readonly ForRole<number>[];
  readonly addProducts: readonly ForRole<string>[];
  readonly removeProducts: readonly ForRole<string>[];
  /** The site role goes, with all its keys. */
  readonly withoutSite: boolean;
}

/** Returns the root file that follows; what is asked for and is not possible is named. @throws UvsError INVALID_ARGUMENT */
export function nextRoot(before: Root, changes: RootChanges): Root {
  for (const keyId of changes.revoke) {
    if (!roleNames.some((role) => before[role]?.keys.some((key) => key.keyId === keyId) === true))
      throw unknownKey(keyId, 'any role', before);
  }
  const site = changes.withoutSite ? undefined : nextSite(before.site, changes, before);
  return {
    format: 1,
    version: before.version + 1,
    root: nextRole('root', before.root, changes, before),
    vendor: nextPackageRole('vendor', before.vendor, changes, before),
    ...(site === undefined ? {} : { site }),
  };
}

function nextSite(site: PackageRoleRules | undefined, changes: RootChanges, before: Root): PackageRoleRules | undefined {
  const isNamed = [
    ...changes.addKeys,
    ...changes.removeKeys,
    ...changes.thresholds,
    ...changes.addProducts,
    ...changes.removeProducts,
  ].some(({ role }) => role === 'site');
  if (site === undefined && !isNamed) return undefined;
  return nextPackageRole('site', site ?? { keys: [], threshold: 1, products: [] }, changes, before);
}

function nextPackageRole(name: RoleName, rules: PackageRoleRules, changes: RootChanges, before: Root): PackageRoleRules {
  const of = <T>(list: readonly ForRole<T>[]): readonly T[] => list.filter(({ role }) => role === name).map(({ value }) => value);
  const removed = of(changes.removeProducts);
  for (const product of removed) {
    if (!rules.products.includes(product)) {
      throw new UvsError('INVALID_ARGUMENT', `The role ${name} of version ${before.version} has no product "${product}" to remove.`, {
        hint: `It has ${rules.products.join(', ') || 'none'}.`,
      });
    }
  }
  const products = [...rules.products.filter((product) => !removed.includes(product)), ...of(changes.addProducts)];
  if (new Set(products).size !== products.length) {
    throw new UvsError('INVALID_ARGUMENT', `A product of the role ${name} would stand twice.`, { hint: 'Add only what is not there yet.' });
  }
  if (products.length === 0) {
    throw new UvsError('INVALID_ARGUMENT', `The role ${name} would have no product.`, { hint: `Name one: --add-product ${name}=NAME.` });
  }
  return { ...nextRole(name, rules, changes, before), products };
}

function nextRole(name: RoleName, role: Role, changes: RootChanges, before: Root): Role {
  const removed = changes.removeKeys.filter((one) => one.role === name).map(({ value }) => value);
  for (const keyId of removed) if (!role.keys.some((key) => key.keyId === keyId)) throw unknownKey(keyId, `the role ${name}`, before);
  const gone = new Set([...removed, ...changes.revoke]);
  const keys = role.keys.filter(({ keyId }) => !gone.has(keyId));
  for (const { role: to, value } of changes.addKeys) {
    if (to !== name) continue;
    if (keys.some(({ keyId }) => keyId === value.keyId)) {
      throw new UvsError('INVALID_ARGUMENT', `The role ${name} has the key ${value.keyId} already; one key can't count twice.`, {
        hint: 'Give each person a key of their own: upd keygen.',
      });
    }
    if (gone.has(value.keyId))
      throw new UvsError('INVALID_ARGUMENT', `The key ${value.keyId} is both added to the role ${name} and removed.`);
    keys.push(value);
  }
  const threshold = changes.thresholds.findLast((one) => one.role === name)?.value ?? role.threshold;
  if (keys.length < threshold) {
    throw new UvsError(
      'INVALID_ARGUMENT',
      `The role ${name} would have ${keys.length} ${keys.length === 1 ? 'key' : 'keys'} and a threshold of ${threshold}: nothing could be signed.`,
      { hint: `Add a key (--add-key ${name}=FILE.pub)${keys.length === 0 ? '' : ` or lower it (--threshold ${name}=${keys.length})`}.` },
    );
  }
  return { keys, threshold };
}

function unknownKey(keyId: string, where: string, { version }: Root): UvsError {
  return new UvsError('INVALID_ARGUMENT', `Root file version ${version} has no key ${keyId} in ${where}.`, {
    hint: 'See "upd root show" for the keys of each role.',
  });
}
