import type { PackageRoleRules, Root, TrustedRoot } from '../../../common/upd/root.ts';
import type { Role } from '../../../common/upd/signatures.ts';
import { roleNames } from './changes.ts';

/** The lines that show a root file to people. */
export function describeRoot({ root, sha256 }: TrustedRoot): readonly string[] {
  const lines = [`Version    ${root.version}`, `sha256     ${sha256}`];
  for (const name of roleNames) {
    const role = root[name];
    if (role !== undefined) lines.push(...describeRole(name, role));
  }
  return lines;
}

/** What of one root file is not in the next, in words; each person who signs should know what they sign. */
export function describeChanges(before: Root, after: Root): readonly string[] {
  const lines: string[] = [];
  for (const name of roleNames) {
    const [old, young] = [before[name], after[name]];
    if (old === undefined && young === undefined) continue;
    const [oldIds, youngIds] = [idsOf(old), idsOf(young)];
    lines.push(...youngIds.filter((id) => !oldIds.includes(id)).map((id) => `  + ${name} key ${id}`));
    lines.push(...oldIds.filter((id) => !youngIds.includes(id)).map((id) => `  - ${name} key ${id}`));
    if (old?.threshold !== young?.threshold) lines.push(`  ${name} threshold ${old?.threshold ?? 'none'} -> ${young?.threshold ?? 'none'}`);
    const [had, has] = [productsOf(before, name), productsOf(after, name)];
    lines.push(...has.filter((product) => !had.includes(product)).map((product) => `  + ${name} product ${product}`));
    lines.push(...had.filter((product) => !has.includes(product)).map((product) => `  - ${name} product ${product}`));
  }
  return lines.length === 0 ? ['  nothing but its number'] : lines;
}

/** As JSON has it. */
export function rootJson({ root, sha256 }: TrustedRoot): object {
  const role = ({ keys, threshold }: Role) => ({ keyIds: keys.map(({ keyId }) => keyId), threshold });
  const rules = (one: PackageRoleRules) => ({ ...role(one), products: one.products });
  return {
    version: root.version,
    sha256,
    root: role(root.root),
    vendor: rules(root.vendor),
    ...(root.site === undefined ? {} : { site: rules(root.site) }),
  };
}

function describeRole(name: string, role: Role | PackageRoleRules): readonly string[] {
  const products = 'products' in role ? `, for ${role.products.join(', ')}` : ', for the next root file';
  const [first, ...others] = role.keys.map(({ keyId }) => keyId);
  return [`${name.padEnd(11)}${role.threshold} of ${role.keys.length}${products}`, ...[first, ...others].map((id) => `           ${id}`)];
}

function idsOf(role: Role | undefined): readonly string[] {
  return role?.keys.map(({ keyId }) => keyId) ?? [];
}

function productsOf(root: Root, name: 'root' | 'vendor' | 'site'): readonly string[] {
  return name === 'root' ? [] : (root[name]?.products ?? []);
}
