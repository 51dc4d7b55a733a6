import { createHash } from 'node:crypto';
import { constants, lstatSync, readlinkSync } from 'node:fs';
import { agentLayout } from '../../common/agent-layout.ts';
import { toUvsError } from '../../common/errors.ts';
import type { Barrier, FileEntry, Manifest } from '../../common/upd/manifest.ts';
import { parseManifest } from '../../common/upd/manifest-parse.ts';
import { isGivenBySystem, type Xattrs } from '../../common/xattr-dump.ts';
import { isMixed } from '../accepted/mixture.ts';
import type { Plan } from '../files/plan.ts';
import { openToRead } from '../files/reading.ts';
import { ownershipOfExact } from '../files/stats.ts';
import { Tree } from '../files/tree.ts';
import { readTreeXattrs } from '../files/tree-xattrs.ts';
import { ifXattrPrograms } from '../files/xattrs.ts';
import { concerned, readRelease, type Installed } from '../installed.ts';
import { manifestOf, stateOf, type OperationContext } from '../operation-context.ts';
import { mountsUnder } from './barrier-place.ts';
import { writeRecord, type KeptRecord, type Original, type RetainedRecord } from './record.ts';

/** Originals between two turns of the event loop. */
const YIELD_EVERY = 256;

/** A release that is as good as done. */
export interface DoneRelease {
  readonly manifestHash: string;
  /** What its commit did. */
  readonly plan: Plan;
  /** What was installed until now. */
  readonly before: Installed;
  /** And what is from now on. */
  readonly after: Installed;
}

/**
 * Writes down what it takes to go back from a release, while its originals are still in the staging area: right before the record that makes the
 * release count. Whatever keeps it from that costs the way back and never the release.
 */
export async function describeWayBack(context: OperationContext, release: DoneRelease): Promise<void> {
  try {
    await writeRecord(context.state, context.operation, await recordOf(context, release));
  } catch (error) {
    context.tell(`WARNING: what going back needs could not be written down: ${toUvsError(error).message}`);
  }
}

async function recordOf(context: OperationContext, { manifestHash, plan, before, after }: DoneRelease): Promise<RetainedRecord> {
  const { version, components, brings, barrier } = manifestOf(context);
  const nothing = (why: string): RetainedRecord => ({ kind: 'nothing', why });
  if (context.setup.retainsPrevious === false)
    return nothing('the node is configured to retain nothing (retainPrevious in its agent.toml)');
  const names = Object.keys(components);
  const there = before.components.filter(({ component }) => names.includes(component));
  const first = names.find((name) => !there.some(({ component }) => component === name));
  if (first !== undefined) return nothing(`${version} is the first release of ${first} here`);
  // its files are vouched for by nobody, and no version would name what came back
  if (await isMixed(context.state, before, names)) return nothing(`what was before ${version} was a mixture that an operator had accepted`);
  const originals = await describeOriginals(context, plan, await signedFiles(context, before, names));
  if (typeof originals === 'string') return nothing(`${originals} was neither a file nor a link before ${version}`);
  const agent = otherAgent(manifestOf(context), originals);
  if (agent !== undefined) return nothing(`${version} brought the agent ${agent}, and no agent is taken back by itself`);
  const left = new Set(after.releases.map((release) => release.manifestHash));
  return {
    kind: 'kept',
    operation: context.operation,
    manifestHash,
    version,
    components: names,
    toVersion: there[0]?.version ?? '',
    before: {
      components: there,
      releases: [...before.releases],
      replaced: before.releases.map((release) => release.manifestHash).filter((hash) => !left.has(hash)),
      versions: Object.fromEntries(
        Object.entries(brings).map(([name, brought]) => [name, { brought, before: before.versions[name] ?? null }]),
      ),
    },
    ...(barrier === undefined ? {} : { barrier, ...(await mountsOf(context, barrier)) }),
    startedUnits: [...stateOf(context).stoppedUnits],
    originals,
    actions: plan.actions,
  };
}

async function mountsOf({ setup }: OperationContext, { once }: Barrier): Promise<{ barrierMounts?: string[] }> {
  return once !== undefined && 'path' in once ? { barrierMounts: [...(await mountsUnder(setup.root, once.path))] } : {};
}

/** The agent that a release has moved the node to; undefined: it left the pointer where it was. */
function otherAgent({ files }: Pick<Manifest, 'files'>, originals: readonly Original[]): string | undefined {
  const pointer = files.find(({ path }) => path === agentLayout.pointer);
  if (pointer?.op !== 'put' || pointer.type !== 'symlink') return undefined;
  const before = originals.find(({ path }) => path === agentLayout.pointer);
  return before?.type === 'symlink' && before.link === pointer.link ? undefined : pointer.link;
}

/** Tells what releases of the components put at each path before. */
async function signedFiles(
  context: OperationContext,
  before: Installed,
  components: readonly string[],
): Promise<ReadonlyMap<string, FileEntry>> {
  const files = new Map<string, FileEntry>();
  for (const release of concerned(before.releases, components)) {
    const { manifestBytes } = await readRelease(context.state, release.manifestHash);
    for (const entry of parseManifest(manifestBytes).files) files.set(entry.path, entry);
  }
  return files;
}

/**
 * Describes what a commit has kept in the staging areas.
 * @param signed what releases put at a path before: a file of that size is taken for it unread
 * @returns the path of an original that is no file and no link where there is one
 */
export async function describeOriginals(
  context: OperationContext,
  plan: Pick<Plan, 'actions'>,
  signed: ReadonlyMap<string, FileEntry>,
): Promise<Original[] | string> {
  const inodes = new Map<string, { readonly group: number; count: number }>();
  const found: { readonly original: Original; readonly inode: string }[] = [];
  for (const [done, action] of plan.actions.entries()) {
    if (done % YIELD_EVERY === YIELD_EVERY - 1) await new Promise((resolve) => setImmediate(resolve));
    if (!(action.kind === 'remove-file' || (action.kind === 'put' && action.hasOriginal))) continue;
    const { index, base, path } = action;
    const address = (): string => context.staging.oldAddress(base, index);
    const stat = lstatSync(address(), { bigint: true });
    const where = { index, base, path, ...ownershipOfExact(stat), xattrs: {} };
    if (stat.isSymbolicLink()) {
      found.push({ original: { type: 'symlink', ...where, link: readlinkSync(address()) }, inode: '' });
    } else if (stat.isFile()) {
      const inode = `${stat.dev}:${stat.ino}`;
      const known = inodes.get(inode) ?? { group: inodes.size + 1, count: 0 };
      known.count += 1;
      inodes.set(inode, known);
      const size = Number(stat.size);
      const entry = signed.get(path);
      const isSigned = entry?.op === 'put' && entry.type === 'file' && entry.size === size;
      const sha256 = isSigned ? entry.sha256 : await hash(address());
      found.push({ original: { type: 'file', ...where, size, sha256, linkGroup: known.group, isOwn: !isSigned }, inode });
    } else {
      return path;
    }
  }
  const originals = found.map(({ original, inode }) =>
    original.type === 'file' && inodes.get(inode)?.count === 1 ? { ...original, linkGroup: 0 } : original,
  );
  return await withXattrs(originals, (base) => context.staging.originals(base));
}

async function withXattrs(originals: readonly Original[], originalsOf: (base: string) => Tree): Promise<Original[]> {
  const described: Original[] = [];
  for (const base of new Set(originals.map((original) => original.base))) {
    using area = originalsOf(base);
    const here = originals.filter((original) => original.base === base);
    const found = await readOwnXattrs(area, here);
    for (const [place, original] of here.entries()) described.push({ ...original, xattrs: { ...found[place] } });
  }
  return described;
}

/** Reads the attributes of originals, without what the system gives by itself; none where nobody can ask. */
export async function readOwnXattrs(area: Tree, originals: readonly Original[]): Promise<readonly Xattrs[]> {
  const names = originals.map(({ index }) => String(index));
  const found = await ifXattrPrograms(() => readTreeXattrs(area, names));
  return (found ?? []).map((xattrs) => Object.fromEntries(Object.entries(xattrs).filter(([name]) => !isGivenBySystem(name))));
}

async function hash(address: string): Promise<string> {
  const sum = createHash('sha256');
  await using file = await openToRead(address, constants.O_NOFOLLOW | constants.O_NONBLOCK);
  for await (const chunk of file.createReadStream({ autoClose: false })) if (chunk instanceof Uint8Array) sum.update(chunk);
  return sum.digest('hex');
}

/** What retained originals take on the disk, each inode once. */
export function bytesOf({ originals }: Pick<KeptRecord, 'originals'>): number {
  const groups = new Set<number>();
  let total = 0;
  for (const original of originals) {
    if (original.type !== 'file' || groups.has(original.linkGroup)) continue;
    if (original.linkGroup !== 0) groups.add(original.linkGroup);
    total += original.size;
  }
  return total;
}
