import { UvsError } from '../errors.ts';
import type { FileEntry, Manifest } from './manifest.ts';

/** The extended attribute that holds the capabilities of a program, capabilities(7). */
export const CAPABILITIES = 'security.capability';

const SETUID = 0o4000;
const SETGID = 0o2000;

/** Says by what a file gives more rights to whoever runs it, e.g. "setuid, with capabilities"; undefined: by nothing. */
export function rightsOf(mode: number, hasCapabilities: boolean): string | undefined {
  const rights = [
    ...((mode & SETUID) === 0 ? [] : ['setuid']),
    ...((mode & SETGID) === 0 ? [] : ['setgid']),
    ...(hasCapabilities ? ['with capabilities'] : []),
  ];
  return rights.length === 0 ? undefined : rights.join(', ');
}

/**
 * Says by what an entry of a manifest is privileged; undefined: by nothing. A directory is not by its mode: setgid hands its group down to what is
 * made in it, setuid means nothing there (inode(7)), and nobody runs it. Of capabilities no kind of entry is spared, for none but a file has a use for them.
 */
export function privilegeOf(entry: FileEntry): string | undefined {
  if (entry.op !== 'put') return undefined;
  return rightsOf(entry.type === 'file' ? entry.mode : 0, entry.xattrs[CAPABILITIES] !== undefined);
}

/** "/usr/bin/ping: setuid, of 0:0" for each entry that is privileged, and which of them are not declared. */
export function describePrivileges({ files, privileged = [] }: Pick<Manifest, 'files' | 'privileged'>): readonly string[] {
  const declared = new Set(privileged);
  return files.flatMap((entry) => {
    const rights = privilegeOf(entry);
    if (entry.op !== 'put' || rights === undefined) return [];
    return [
      `/${entry.path}: ${rights}, of ${entry.uid}:${entry.gid}${declared.has(entry.path) ? '' : ', and not declared: every node refuses it'}`,
    ];
  });
}

/** The paths that a manifest has to declare, in its order; undefined: none, and the manifest says nothing of it. */
export function privilegedPaths(files: readonly FileEntry[]): readonly string[] | undefined {
  const paths = files.filter((entry) => privilegeOf(entry) !== undefined).map(({ path }) => path);
  return paths.length === 0 ? undefined : paths;
}

/**
 * Demands that a package declares exactly what in it is privileged: who signs a list of paths knows of each. It is asked of packages that come, not of
 * manifests that a node keeps: what an earlier agent installed stays readable.
 * @throws UvsError PACKAGE_MALFORMED
 */
export function demandDeclaredPrivileges({ files, privileged = [] }: Pick<Manifest, 'files' | 'privileged'>): void {
  const declared = new Set(privileged);
  for (const entry of files) {
    const rights = privilegeOf(entry);
    if (rights === undefined || declared.delete(entry.path)) continue;
    throw new UvsError('PACKAGE_MALFORMED', `/${entry.path} is ${rights}, and the manifest does not declare that.`, {
      hint: 'Have it built anew with this version of "upd", which declares what the spec lets in; if the spec does not say why it should have such rights, ask its maker.',
    });
  }
  const [idle] = declared;
  if (idle === undefined) return;
  throw new UvsError(
    'PACKAGE_MALFORMED',
    `The manifest declares /${idle} as privileged, and brings no file there that is setuid, setgid or with capabilities.`,
  );
}
