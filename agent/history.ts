import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { isErrno } from './files/errno.ts';
import { writeFileDurably } from './files/sync.ts';
import { tokenSchema } from './journal-record.ts';
import type { StateDirectory } from './state-directory.ts';

const KEPT = 50;

const schema = v.array(
  v.object({
    operation: v.string(),
    version: v.string(),
    fromVersion: v.string(),
    /** Whether a coordinator's slot was held; "no" is an operator's word, kept for a later audit. */
    hadSlot: v.boolean(),
    noSlotReason: v.optional(v.string()),
    /** Of the slot it held: a coordinator frees nothing without it, whether it asks for the end again or has lost it. */
    token: v.optional(tokenSchema),
    outcome: v.picklist(['installed', 'done', 'rolled-back', 'never-acted', 'failed', 'needs-operator']),
    message: v.string(),
    /** By the wall clock, shown only. */
    endedAt: v.string(),
  }),
);

export type HistoryEntry = v.InferOutput<typeof schema>[number];

/** The last operations, oldest first. A damaged file is an empty history. */
export async function readHistory(state: StateDirectory): Promise<readonly HistoryEntry[]> {
  try {
    const parsed = v.safeParse(schema, JSON.parse(await readFile(join(state.path, 'history.json'), 'utf8')));
    return parsed.success ? parsed.output : [];
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Adds an entry once; the same operation again changes nothing. */
export async function addToHistory(state: StateDirectory, entry: HistoryEntry): Promise<void> {
  const before = await readHistory(state);
  if (before.some(({ operation }) => operation === entry.operation)) return;
  await writeFileDurably(join(state.path, 'history.json'), JSON.stringify([...before, entry].slice(-KEPT), undefined, 2));
}

/** An entry for people, with how many before it ended like it with nothing done. */
export interface ToldEntry extends HistoryEntry {
  readonly alike: number;
}

/** The last entries as they are told: of several in a row that brought the same version and did nothing, as after a `resume` that began nothing, the last. */
export function toldHistory(history: readonly HistoryEntry[], most: number): readonly ToldEntry[] {
  const told: ToldEntry[] = [];
  for (const entry of history) {
    const before = told.at(-1);
    const isRepeated = entry.outcome === 'never-acted' && before?.outcome === 'never-acted' && before.version === entry.version;
    if (isRepeated) told.splice(-1, 1, { ...entry, alike: before.alike + 1 });
    else told.push({ ...entry, alike: 0 });
  }
  return told.slice(-most);
}
