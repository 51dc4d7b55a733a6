import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import type { PackageRoot__Output } from '../../../proto/gen/uvs/v1/PackageRoot.ts';
import { parseRoot, parseRootChain, type PackageRoleRules, type Root, type TrustedRoot } from '../../../common/upd/root.ts';
import type { Role } from '../../../common/upd/signatures.ts';
import { writeNewFile } from '../../new-files.ts';
import { formatCount } from '../../output/quantity.ts';
import { roleNames } from '../../upd/root/changes.ts';
import type { Context, Run } from '../context.ts';
import { showFields } from '../show.ts';

/** `uvsctl package-root show`: whose signatures on packages count. */
export function addPackageRootShow(group: Command, run: Run): void {
  group
    .command('show')
    .description('which version counts, whose signatures it demands, and which nodes have not taken it yet')
    .option('--out <file>', 'write the chain of all versions, for "upd root show" and "upd root next"')
    .action(run(show));
}

async function show(context: Context, { out }: { readonly out?: string }): Promise<void> {
  const { packageRoot } = await context.api.call('uvs.v1.PackageService', 'GetPackageRoot', {}, context.callLimits);
  if (packageRoot === null)
    throw new UvsError('NOT_FOUND', 'the coordinator told no root file', { hint: 'It is older than this program.' });
  if (out !== undefined) await writeNewFile(out, packageRoot.rootChain, 0o644);
  showFields(context, shownRoot(packageRoot), rootFields(packageRoot));
}

/** As JSON has it: bytes as base64, and whose signatures count beside them. */
export function shownRoot(root: PackageRoot__Output): object {
  const trusted = newestOf(root.rootChain);
  return { ...root, rootChain: root.rootChain.toString('base64'), ...(trusted === undefined ? {} : { roles: rolesJson(trusted.root) }) };
}

function rootFields({ version, sha256, rootChain, nodesBehind }: PackageRoot__Output): readonly (readonly [string, string])[] {
  const root = newestOf(rootChain)?.root;
  return [
    ['Version', String(version)],
    ['sha256', sha256],
    ...(root === undefined ? [] : roleNames.flatMap((name) => roleFields(name, root[name]))),
    ['Not yet on', nodesBehind.length === 0 ? 'no node lacks it' : nodesBehind.join(', ')],
  ];
}

function roleFields(name: string, role: Role | PackageRoleRules | undefined): readonly (readonly [string, string])[] {
  if (role === undefined) return [];
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const what = 'products' in role ? `releases of ${role.products.join(', ')}` : 'the next root file';
  const must = `${role.threshold} of ${formatCount(role.keys.length, 'key')} must sign ${what}`;
  return [[title, must], ...role.keys.map(({ keyId }) => [`${title} key`, keyId] as const)];
}

/** What counts, without a judgement: the coordinator that tells it is trusted. Undefined where an old one tells no chain. */
function newestOf(chain: Uint8Array): TrustedRoot | undefined {
  const last = parseRootChain(chain).at(-1);
  return last === undefined ? undefined : parseRoot(last.bytes);
}

function rolesJson(root: Root): object {
  const roles = roleNames.flatMap((name) => {
    const role: Role | PackageRoleRules | undefined = root[name];
    if (role === undefined) return [];
    const products = 'products' in role ? { products: role.products } : {};
    return [[name, { threshold: role.threshold, keyIds: role.keys.map(({ keyId }) => keyId), ...products }] as const];
  });
  return Object.fromEntries(roles);
}
