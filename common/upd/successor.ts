import { agentLayout, isVersionName, outsideReleases, PACKAGED_PREFIX } from '../agent-layout.ts';
import { UvsError } from '../errors.ts';
import { forbiddenPath } from './forbidden-path.ts';
import type { FileEntry, Manifest } from './manifest.ts';

/** An agent that a release brings, to go on in the place of the one that installs it. */
export interface Successor {
  /** Name of its directory. */
  readonly version: string;
  /** Name of its runtime's. */
  readonly runtime: string;
}

/** First version of the agent that hands over to another one; an older one would just go on, and never fall back. */
export const FIRST_TO_HAND_OVER = '0.2.0';

const { versions, runtimes, pointer } = agentLayout;

/**
 * Finds the agent that a release brings, which is one that moves the pointer; undefined where it leaves the pointer alone. All that it needs
 * has to come with it, so that whatever else is on a node, the same agent starts there.
 * @throws UvsError PACKAGE_MALFORMED, PATH_FORBIDDEN
 */
export function successorIn(manifest: Pick<Manifest, 'files'>): Successor | undefined {
  const entries = new Map(manifest.files.map((entry) => [entry.path, entry]));
  const untouchable = outsideReleases.find((path) => entries.has(path)) ?? [...entries.keys()].find((path) => isPackaged(path));
  if (untouchable !== undefined) throw forbiddenPath(untouchable, 'it starts the agent, and the one before where a new one fails');
  const moved = entries.get(pointer);
  if (moved === undefined) return undefined;
  if (moved.op === 'remove' || moved.type !== 'symlink')
    throw forbiddenPath(pointer, 'it is a symlink to a version of the agent, and stays one');
  const version = moved.link;
  if (!isOwnName(version)) throw forbiddenPath(pointer, `"${version}" is no name for a version that a release brings`);
  const program = `${versions}/${version}/lib/uvs-agent.js`;
  if (!isFile(entries.get(program))) throw incomplete(version, program);
  const link = entries.get(`${versions}/${version}/runtime`);
  const [, runtime = ''] = (link?.op === 'put' && link.type === 'symlink' && /^\.\.\/\.\.\/runtime\/([^/]+)$/u.exec(link.link)) || [];
  if (!isOwnName(runtime)) throw incomplete(version, `${versions}/${version}/runtime, a symlink to ../../runtime/VERSION`);
  const node = `${runtimes}/${runtime}/node`;
  const nodeEntry = entries.get(node);
  if (!isFile(nodeEntry) || (nodeEntry.mode & 0o111) === 0) throw incomplete(version, `${node}, a program`);
  return { version, runtime };
}

function isPackaged(path: string): boolean {
  return path.startsWith(`${versions}/${PACKAGED_PREFIX}`) || path.startsWith(`${runtimes}/${PACKAGED_PREFIX}`);
}

/** Other names are the .deb's, or the pointers'. */
function isOwnName(name: string): boolean {
  return isVersionName(name) && !name.startsWith(PACKAGED_PREFIX) && !['current', 'packaged'].includes(name);
}

function isFile(entry: FileEntry | undefined): entry is FileEntry & { op: 'put'; type: 'file' } {
  return entry?.op === 'put' && entry.type === 'file';
}

function incomplete(version: string, missing: string): UvsError {
  return new UvsError('PACKAGE_MALFORMED', `the package moves the agent's pointer to ${version} and does not bring ${missing}`, {
    hint: 'Bring the agent, its runtime and the pointer together: `make agent-tree` makes a tree that has all three.',
  });
}
