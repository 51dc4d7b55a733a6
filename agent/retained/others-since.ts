import type { FileEntry } from '../../common/upd/manifest.ts';
import { parseManifest } from '../../common/upd/manifest-parse.ts';
import { readRelease, type Installed } from '../installed.ts';
import type { StateDirectory } from '../state-directory.ts';
import type { Action } from '../files/plan.ts';

/** What a release of other components says of a path. */
export interface Other {
  readonly version: string;
  readonly entry: FileEntry;
}

/**
 * Tells what releases that came after another one say of a path; where several do, the last. They are of other components, as only the last release
 * of its own can be taken back.
 */
export async function broughtSince(
  state: StateDirectory,
  { releases }: Pick<Installed, 'releases'>,
  manifestHash: string,
): Promise<(path: string) => Other | undefined> {
  const found = new Map<string, Other>();
  const place = releases.findIndex((release) => release.manifestHash === manifestHash);
  for (const later of releases.slice(place + 1)) {
    const { version, files } = parseManifest((await readRelease(state, later.manifestHash)).manifestBytes);
    for (const entry of files) found.set(entry.path, { version, entry });
  }
  return (path) => found.get(path);
}

/**
 * Tells whether a directory that both have is right as it is with the one release alone: then it is left. Files are never: what the later release
 * retains of them is the earlier one's, and would come back with it.
 */
export function isLeftTo({ entry }: Other, action: Action): boolean {
  if (entry.op !== 'put' || entry.type !== 'directory') return false;
  if (action.kind === 'make-directory') return true;
  if (action.kind !== 'set-directory') return false;
  const { mode, uid, gid, xattrs } = action;
  const isSame = entry.mode === mode && entry.uid === uid && entry.gid === gid;
  return isSame && Object.entries(xattrs ?? {}).every(([name, value]) => entry.xattrs[name] === value);
}
