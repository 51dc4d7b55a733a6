import { toUvsError } from '../../common/errors.ts';
import type { InstalledRelease } from '../../common/facts.ts';
import { basesOf } from '../files/same-mounts.ts';
import { readInstalled } from '../installed.ts';
import { mebibytes } from '../mebibytes.ts';
import type { OperationContext } from '../operation-context.ts';
import type { StateDirectory } from '../state-directory.ts';
import { newestRoot } from '../steps/newest-root.ts';
import { moveToArea, sweepAreas } from './areas.ts';
import { bytesOf } from './describe.ts';
import { readIndex, writeIndex, type RetainedEntry } from './index-file.ts';
import { readRecord, removeRecord, type KeptRecord } from './record.ts';
import { Vouching } from './vouching.ts';

/** Releases, of different components, that a node can go back from at the same time; of more the oldest can't be taken back. */
const MOST = 4;
/** Why there is no way back where there should have been one. */
const NOT_WRITTEN = 'what going back needs could not be written down';
const NOT_RETAINED = 'what was before could not be retained';

/**
 * Retains the originals of a release that is done, in the place of what was retained of its components before; may be run again until its end is
 * settled. It has no say in whether the release is done: what goes wrong costs the way back, and is told.
 */
export async function retain(context: OperationContext): Promise<void> {
  const { operation, state, setup, ports } = context;
  const found = await readRecord(state, operation);
  const bases = found?.record.kind === 'kept' ? mountsOf(found.record) : [];
  const { others, stale } = await retainedNow(state, operation);
  try {
    if (found?.record.kind !== 'kept') {
      await replace(context, others, stale, bases, found?.record.why ?? NOT_WRITTEN);
      return;
    }
    for (const base of bases) await moveToArea(setup.root, base, operation);
    ports.failpoints.pass('originals-retained');
    const entry = entryOf(found.record, found.hash);
    await replace(context, [...others, entry], stale, bases, undefined);
    ports.failpoints.pass('retained-recorded');
    context.tell(`${entry.toVersion} is retained (${mebibytes(entry.sizeBytes)}): ${await canGoBack(context, entry)}`);
  } catch (error) {
    const why = `${NOT_RETAINED}: ${toUvsError(error).message}`;
    context.tell(`WARNING: ${why}`);
    await replace(context, others, stale, bases, why).catch((again: unknown) => context.tell(`WARNING: ${toUvsError(again).message}`));
  }
}

/** Why a release that is done has no way back where something went wrong; undefined: it has one, or was to have none. */
export async function lostWayBack({ state, operation }: OperationContext): Promise<string | undefined> {
  const { retained, why } = await readIndex(state);
  const isLost = why !== undefined && (why === NOT_WRITTEN || why.startsWith(NOT_RETAINED));
  return isLost && !retained.some((entry) => entry.operation === operation) ? why : undefined;
}

/** As the output tells it: whether somebody vouches for what the node would go back to. */
async function canGoBack(context: OperationContext, entry: RetainedEntry): Promise<string> {
  const vouching = new Vouching(context.state, async () => newestRoot(context, await readInstalled(context.state)));
  const refusal = await vouching.refusal(entry);
  return refusal === undefined ? 'the node can go back to it' : `the node can't go back to it: ${refusal}`;
}

/** Gives up what can't be gone back to any more: what is installed has changed. May be run again. */
export async function forgetStale(context: OperationContext, why: string): Promise<void> {
  const { others, stale } = await retainedNow(context.state, context.operation);
  await replace(context, others, stale, [], why);
}

/** Gives up all that is retained, to make room. @returns what that was */
export async function dropRetained(context: OperationContext, why: string): Promise<readonly RetainedEntry[]> {
  const { retained } = await readIndex(context.state);
  if (retained.length > 0) await replace(context, [], retained, [], why);
  return retained;
}

/** As much of what is installed as it takes to see what may be taken back. */
export interface InstalledComponents {
  readonly components: readonly Pick<InstalledRelease, 'component' | 'manifestHash'>[];
}

/** Tells whether a release is the last one of all its components: only then it can be taken back. */
export function isCurrent({ components, manifestHash }: RetainedEntry, installed: InstalledComponents): boolean {
  return components.every((name) =>
    installed.components.some((release) => release.component === name && release.manifestHash === manifestHash),
  );
}

async function retainedNow(
  state: StateDirectory,
  operation: string,
): Promise<{ readonly others: readonly RetainedEntry[]; readonly stale: readonly RetainedEntry[] }> {
  const { retained } = await readIndex(state);
  const installed = await readInstalled(state);
  const others = retained.filter((entry) => entry.operation !== operation && isCurrent(entry, installed));
  return { others, stale: retained.filter((entry) => !others.includes(entry)) };
}

/**
 * Frees what is not to be retained any more, then writes the index: what is freed nobody can want, and where the disk is full the index finds room.
 * @param bases where an area of the operation itself may be
 */
async function replace(
  context: OperationContext,
  wanted: readonly RetainedEntry[],
  stale: readonly RetainedEntry[],
  bases: readonly string[],
  why: string | undefined,
): Promise<void> {
  const { state, setup, operation } = context;
  const retained = wanted.slice(-MOST);
  const gone = [...wanted.slice(0, -MOST), ...stale].filter((entry) => !retained.some((kept) => kept.operation === entry.operation));
  const kept = new Set(retained.map((entry) => entry.operation));
  for (const base of new Set([...bases, ...gone.flatMap((entry) => entry.bases)])) {
    // the next sweep there frees it
    await sweepAreas(setup.root, base, kept).catch((error: unknown) => {
      context.tell(`WARNING: what is retained no longer could not be freed: ${toUvsError(error).message}`);
    });
  }
  for (const entry of gone) await removeRecord(state, entry.operation);
  if (!kept.has(operation)) await removeRecord(state, operation);
  await writeIndex(state, { retained, ...(why === undefined ? {} : { why }) });
}

function entryOf(record: KeptRecord, recordHash: string): RetainedEntry {
  return {
    operation: record.operation,
    recordHash,
    manifestHash: record.manifestHash,
    version: record.version,
    toVersion: record.toVersion,
    components: record.components,
    needs: record.before.replaced,
    bases: mountsOf(record),
    sizeBytes: bytesOf(record),
    ...(record.barrier === undefined ? {} : { barrier: record.barrier }),
    ...(record.barrierMounts === undefined ? {} : { barrierMounts: record.barrierMounts }),
    startedUnits: record.startedUnits,
  };
}

/** Also mounts of which nothing is kept have an area: without it nobody could tell that what the release has made there is away. */
function mountsOf({ originals, actions }: KeptRecord): string[] {
  return [...new Set([...originals.map(({ base }) => base), ...basesOf(actions)])];
}
