import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { UvsError } from '../common/errors.ts';
import type { InstalledRelease } from '../common/facts.ts';
import { isErrno } from './files/errno.ts';
import { writeFileDurably } from './files/sync.ts';
import { componentSchema, type Installed } from './installed.ts';
import type { StateDirectory } from './state-directory.ts';

const schema = v.strictObject({
  /** Operations in the journal whose end has had its effect on installed.json: it has none again. */
  settled: v.array(v.string()),
  /** Of each component the newest release that was taken back, while it would be newer than what is installed: nothing up to its number is taken but itself. */
  takenBack: v.array(componentSchema),
});

/**
 * What a node remembers of order beside installed.json, in a file of its own, because an agent of before there was any going back reads
 * installed.json strictly.
 */
export type OrderMarks = v.InferOutput<typeof schema>;

const FILE_NAME = 'order.json';

/** @throws UvsError JOURNAL_CORRUPT */
export async function readMarks(state: Pick<StateDirectory, 'path'>): Promise<OrderMarks> {
  const path = join(state.path, FILE_NAME);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { settled: [], takenBack: [] };
    throw error;
  }
  const parsed = v.safeParse(schema, parseJson(text));
  if (parsed.success) return parsed.output;
  throw new UvsError('JOURNAL_CORRUPT', `${path} is damaged: ${parsed.issues[0].message}`, {
    hint: 'Restore it from a backup: it tells the releases that were taken back here. If it is lost for good, remove it: what is older than they were is then taken.',
  });
}

/**
 * Notes what is being taken back, before it leaves installed.json; may be run again.
 * @param now what will be installed then
 */
export async function noteTakenBack(state: StateDirectory, releases: readonly InstalledRelease[], now: Installed): Promise<void> {
  const { settled, takenBack } = await readMarks(state);
  await write(state, { settled, takenBack: floorsOf([...takenBack, ...releases], now) });
}

/**
 * Notes that the end of an operation has had its effect.
 * @param now what is installed since then
 * @param journalled operations that are still in the journal: the others are asked about no more
 */
export async function markSettled(
  state: StateDirectory,
  operation: string,
  { now, journalled }: { readonly now: Installed; readonly journalled: ReadonlySet<string> },
): Promise<void> {
  const { settled, takenBack } = await readMarks(state);
  const others = settled.filter((other) => other !== operation && journalled.has(other));
  await write(state, { settled: [...others, operation], takenBack: floorsOf(takenBack, now) });
}

/**
 * The newest that was taken back of each component, which stands for all before it, and so makes no list that grows. One that is below what is
 * installed is needed no more: that refuses as much, and is itself the mark once it is taken back.
 */
function floorsOf(releases: OrderMarks['takenBack'], now: Installed): OrderMarks['takenBack'] {
  const newest = new Map<string, OrderMarks['takenBack'][number]>();
  for (const release of releases) {
    const there = now.components.find(({ component }) => component === release.component);
    if (there !== undefined && compareOrder(release, there) <= 0) continue;
    const known = newest.get(release.component);
    if (known === undefined || compareOrder(release, known) >= 0) newest.set(release.component, release);
  }
  return [...newest.values()];
}

function compareOrder(one: InstalledRelease, other: InstalledRelease): number {
  return one.epoch - other.epoch || one.releaseSeq - other.releaseSeq;
}

async function write(state: StateDirectory, marks: OrderMarks): Promise<void> {
  await writeFileDurably(join(state.path, FILE_NAME), JSON.stringify(marks, undefined, 2));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
