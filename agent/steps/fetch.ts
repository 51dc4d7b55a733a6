import { createHash } from 'node:crypto';
import type { Content, Extent, Manifest, PutFile, Task } from '../../common/upd/manifest.ts';
import { UvsError } from '../../common/errors.ts';
import { checkContentKey } from '../../common/upd/recipients.ts';
import { streamContents } from '../../common/upd/segments.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import { accept, type Accepted } from './accept.ts';
import { patientSource } from './patient-source.ts';
import { proveStaged } from './prove-staged.ts';
import { settleMetadata } from './staged-metadata.ts';
import { StagedContent } from './staged-content.ts';
import { StagingMarks } from './staging-marks.ts';
import { FetchMeter } from './fetch-meter.ts';

/** A content, or the part of it that an earlier run has not staged. */
interface Wanted extends Content {
  readonly staged: StagedContent;
  readonly startsAt: number;
}

/**
 * Fetches, verifies, decrypts and stages in one pass: no package is stored, each segment is read once, and what an earlier run of the
 * agent had staged and synced is not fetched again. Ends with everything staged, hashed, on the disk and read back from it.
 */
export async function fetchAndStage(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { request, bounds } = context;
  if (request === undefined) throw new UvsError('INTERNAL', 'nothing can be fetched in recovery');
  context.say('Opening the package');
  const source = await patientSource(request.origin, bounds, context.tell, signal);
  const { pkg, bases } = await accept(context, source, signal);
  const key = pkg.manifest.encryption === undefined ? undefined : await request.origin.contentKey(pkg.recipients, signal);
  checkContentKey(pkg.manifest, key);
  context.ports.failpoints.pass('opened');

  const mounts = [...new Set(['', ...bases.values()])];
  const marked = stateOf(context).markedSegments;
  // the areas are named before they are made, so that recovery knows what to clear
  await context.journal.append({ kind: 'marked', operation: context.operation, segments: marked, bases: mounts });
  const { wanted, all } = plan(context, pkg.manifest, bases, marked);
  const meter = new FetchMeter(pkg.manifest, marked, context.say);
  await using marks = new StagingMarks(context, mounts);
  for await (const piece of streamContents(source, pkg, wanted, key, signal)) {
    const { staged, startsAt, extents } = piece.content;
    const segment = segmentAt(extents, piece.offset);
    if (segment !== undefined) await marks.reached(segment);
    await staged.write(startsAt + piece.offset, piece.bytes, piece.isLast);
    marks.wrote(piece.bytes.length);
    if (segment !== undefined && meter.at(segment)) context.ports.failpoints.pass('segment-staged');
  }
  await marks.settled();
  await finishStaging(context, pkg.manifest, bases, all);
  context.say('Syncing what is staged');
  await context.staging.sync(mounts);
  context.ports.failpoints.pass('everything-staged');
  const isBadInPackage = async (content: Content): Promise<boolean> => {
    const hash = createHash('sha256');
    for await (const { bytes } of streamContents(source, pkg, [content], key, signal)) hash.update(bytes);
    return hash.digest('hex') !== content.sha256;
  };
  await proveStaged(context, all, isBadInPackage, signal);
  context.ports.failpoints.pass('staged-proven');
  await context.journal.append({ kind: 'marked', operation: context.operation, segments: pkg.manifest.segments.length, bases: mounts });
  context.head = pkg;
}

function plan(
  context: OperationContext,
  manifest: Manifest,
  bases: Accepted['bases'],
  marked: number,
): { wanted: readonly Wanted[]; all: readonly StagedContent[] } {
  const wanted: Wanted[] = [];
  const all: StagedContent[] = [];
  const groups = new Set<number>();
  const add = (content: PutFile | Task, staged: StagedContent): void => {
    all.push(staged);
    const first = content.extents.findIndex(({ segment }) => segment >= marked);
    const isFromStart = first === 0 || content.extents.length === 0;
    if (!isFromStart) staged.trustEarlierRun();
    if (first < 0 && content.extents.length > 0) return;
    const extents = isFromStart ? content.extents : content.extents.slice(first);
    const size = extents.reduce((sum, { length }) => sum + length, 0);
    wanted.push({ size, sha256: content.sha256, extents, staged, startsAt: content.size - size });
  };
  for (const [index, entry] of manifest.files.entries()) {
    const base = bases.get(index);
    if (entry.op !== 'put' || entry.type !== 'file' || base === undefined) continue;
    if (entry.linkGroup !== 0) {
      if (groups.has(entry.linkGroup)) continue;
      groups.add(entry.linkGroup);
    }
    add(entry, new StagedContent(() => context.staging.newAddress(base, index), entry.path, entry, entry));
  }
  for (const [index, task] of manifest.tasks.entries()) {
    const metadata = { mode: 0o700, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
    add(task, new StagedContent(() => context.staging.taskPath(index), `task ${task.name}`, task, metadata));
  }
  return { wanted, all };
}

/** Finishes what earlier runs staged, makes symlinks and hard links, and settles what no content has. */
async function finishStaging(
  context: OperationContext,
  manifest: Manifest,
  bases: Accepted['bases'],
  all: readonly StagedContent[],
): Promise<void> {
  for (const staged of all) staged.finish();
  const firstOfGroup = new Map<number, { index: number; base: string }>();
  for (const [index, base] of bases) {
    const entry = manifest.files[index];
    if (entry?.op !== 'put') continue;
    if (entry.type === 'symlink') StagedContent.makeSymlink(context.staging.newAddress(base, index), entry);
    if (entry.type !== 'file' || entry.linkGroup === 0) continue;
    const first = firstOfGroup.get(entry.linkGroup);
    if (first === undefined) {
      firstOfGroup.set(entry.linkGroup, { index, base });
    } else {
      if (first.base !== base)
        throw new UvsError('PATH_FORBIDDEN', `${entry.path} cannot be a hard link: it is on another mount than its group`);
      StagedContent.makeLink(context.staging.newAddress(first.base, first.index), context.staging.newAddress(base, index));
    }
  }
  await settleMetadata(context, manifest, bases);
}

function segmentAt(extents: readonly Extent[], offset: number): number | undefined {
  let start = 0;
  for (const extent of extents) {
    if (offset < start + extent.length) return extent.segment;
    start += extent.length;
  }
  return undefined;
}
