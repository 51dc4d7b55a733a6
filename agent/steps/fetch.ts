import type { Content, Extent, Manifest, PutFile, Task } from '../../common/upd/manifest.ts';
import { UvsError } from '../../common/errors.ts';
import { checkContentKey } from '../../common/upd/recipients.ts';
import { streamContents } from '../../common/upd/segments.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import { accept, type Accepted } from './accept.ts';
import { patientSource } from './patient-source.ts';
import { StagedContent } from './staged-content.ts';
import { FetchMeter } from './fetch-meter.ts';

/** A content, or the part of it that an earlier run has not staged. */
interface Wanted extends Content {
  readonly staged: StagedContent;
  readonly startsAt: number;
}

/**
 * Fetches, verifies, decrypts and stages in one pass: no package is stored, each segment is read once, and what an earlier run of the
 * agent had staged and synced is not fetched again. Ends with everything staged, hashed and on the disk.
 */
export async function fetchAndStage(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { request, limits } = context;
  if (request === undefined) throw new UvsError('INTERNAL', 'nothing can be fetched in recovery');
  context.say('Opening the package');
  const source = await patientSource(request.origin, limits, context.tell, signal);
  const { pkg, bases } = await accept(context, source, signal);
  const key = pkg.manifest.encryption === undefined ? undefined : await request.origin.contentKey(pkg.recipients, signal);
  checkContentKey(pkg.manifest, key);
  context.ports.failpoints.pass('opened');

  const mounts = [...new Set(['', ...bases.values()])];
  let marked = stateOf(context).markedSegments;
  // the areas are named before they are made, so that recovery knows what to clear
  await context.journal.append({ kind: 'marked', operation: context.operation, segments: marked, bases: mounts });
  const { wanted, all } = plan(context, pkg.manifest, bases, marked);
  const meter = new FetchMeter(pkg.manifest, marked, context.say);
  let unsyncedBytes = 0;
  for await (const piece of streamContents(source, pkg, wanted, key, signal)) {
    const { staged, startsAt, extents } = piece.content;
    const segment = segmentAt(extents, piece.offset);
    if (segment !== undefined && segment > marked && unsyncedBytes >= limits.markEveryBytes) {
      await context.staging.sync(mounts);
      await context.journal.append({ kind: 'marked', operation: context.operation, segments: segment, bases: mounts });
      context.ports.failpoints.pass('segments-marked');
      marked = segment;
      unsyncedBytes = 0;
    }
    await staged.write(startsAt + piece.offset, piece.bytes);
    if (piece.isLast) await staged.finish();
    unsyncedBytes += piece.bytes.length;
    if (segment !== undefined && meter.at(segment)) context.ports.failpoints.pass('segment-staged');
  }
  await finishStaging(context, pkg.manifest, bases, all);
  context.say('Syncing what is staged');
  await context.staging.sync(mounts);
  context.ports.failpoints.pass('everything-staged');
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
    add(entry, new StagedContent(() => context.staging.newAddress(base, index), entry.path, entry.sha256, entry));
  }
  for (const [index, task] of manifest.tasks.entries()) {
    const metadata = { mode: 0o700, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
    add(task, new StagedContent(() => context.staging.taskPath(index), `task ${task.name}`, task.sha256, metadata));
  }
  return { wanted, all };
}

/** Checks what earlier runs staged, and makes symlinks and hard links. */
async function finishStaging(
  context: OperationContext,
  manifest: Manifest,
  bases: Accepted['bases'],
  all: readonly StagedContent[],
): Promise<void> {
  for (const staged of all) await staged.finish();
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
}

function segmentAt(extents: readonly Extent[], offset: number): number | undefined {
  let start = 0;
  for (const extent of extents) {
    if (offset < start + extent.length) return extent.segment;
    start += extent.length;
  }
  return undefined;
}
