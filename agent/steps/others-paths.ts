import { UvsError } from '../../common/errors.ts';
import type { FileEntry } from '../../common/upd/manifest.ts';
import type { OpenedPackage } from '../../common/upd/open.ts';
import { BESIDE_SUFFIX } from '../../common/upd/paths.ts';
import { isOfSiteAlone } from '../../common/upd/product-roles.ts';
import type { Installed } from '../installed.ts';
import type { OperationContext } from '../operation-context.ts';
import { refuseAgentOfSite } from './agent-of-site.ts';
import { putBefore } from './put-before.ts';

/**
 * Refuses a package of the site that replaces, changes or removes what a release of the vendor has put, whatever is there now, or that brings an agent. The
 * vendor's go first where both want a path, so that no site package that came before keeps them away.
 * @param aliases all names of a path, its own among them. @throws UvsError PATH_FORBIDDEN naming that release, JOURNAL_CORRUPT
 */
export async function refusePathsOfVendor(
  { setup, state }: Pick<OperationContext, 'setup' | 'state'>,
  installed: Installed,
  { manifest, root, signers }: Pick<OpenedPackage, 'manifest' | 'root' | 'signers'>,
  aliases: (path: string) => readonly string[],
): Promise<void> {
  if (signers.some(({ role }) => role === 'vendor')) return;
  refuseAgentOfSite(setup.root, manifest.files.flatMap(namesOf).flatMap(aliases));
  const put = await putBefore(state, installed, (product) => product !== manifest.product && !isOfSiteAlone(product, root.root));
  for (const entry of manifest.files) {
    for (const path of namesOf(entry).flatMap(aliases)) {
      const other = put.get(path);
      if (other === undefined || isSameDirectory(entry, other.entry)) continue;
      throw new UvsError(
        'PATH_FORBIDDEN',
        `the package may not touch ${path}: ${other.release}, which is installed here, has put it there`,
        {
          hint: 'A package that a site key signs leaves alone what is of the vendor: bring it under another name.',
        },
      );
    }
  }
}

function namesOf(entry: FileEntry): readonly string[] {
  return entry.op === 'put' && entry.type === 'file' && entry.config === 'new-beside'
    ? [entry.path, `${entry.path}${BESIDE_SUFFIX}`]
    : [entry.path];
}

/** Directories are shared, as long as nobody changes whose they are. */
function isSameDirectory(entry: FileEntry, other: FileEntry): boolean {
  if (entry.op !== 'put' || entry.type !== 'directory' || other.op !== 'put' || other.type !== 'directory') return false;
  const { mode, uid, gid, xattrs } = entry;
  return (
    mode === other.mode &&
    uid === other.uid &&
    gid === other.gid &&
    Object.entries(xattrs).every(([name, value]) => other.xattrs[name] === value)
  );
}
