import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { barrierSchema } from '../../common/upd/manifest-schema.ts';
import { isErrno } from '../files/errno.ts';
import { writeFileDurably } from '../files/sync.ts';
import type { StateDirectory } from '../state-directory.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const entrySchema = v.strictObject({
  /** That brought the release; names its record and its areas. */
  operation: v.string(),
  recordHash: sha256,
  manifestHash: sha256,
  version: v.string(),
  toVersion: v.string(),
  components: v.array(v.string()),
  /** Manifests of the releases before that are needed to go back to them. */
  needs: v.array(sha256),
  /** Mounts with an area, by their topmost directory: all that the release has touched; an earlier agent's, those with originals. */
  bases: v.array(v.string()),
  sizeBytes: count,
  barrier: v.exactOptional(barrierSchema),
  /** Where its path was mounted when the release was done. */
  barrierMounts: v.exactOptional(v.array(v.string())),
  startedUnits: v.array(v.string()),
});

const schema = v.strictObject({
  /** Oldest first; no two share a component. */
  retained: v.array(entrySchema),
  /** Why the release that was done last can't be taken back, or what was retained is gone. */
  why: v.exactOptional(v.string()),
});

export type RetainedEntry = v.InferOutput<typeof entrySchema>;
/** The one truth about what a node could go back to: what it does not name is garbage. */
export type RetainedIndex = v.InferOutput<typeof schema>;

const nothing: RetainedIndex = { retained: [] };

/** Reads it; nothing is retained where it is missing or damaged, which costs a way back and no more. */
export async function readIndex(state: Pick<StateDirectory, 'retainedPath'>): Promise<RetainedIndex> {
  try {
    const parsed = v.safeParse(schema, JSON.parse(await readFile(indexPath(state), 'utf8')));
    return parsed.success ? parsed.output : { ...nothing, why: 'the record of what is retained is damaged' };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return nothing;
    if (error instanceof SyntaxError) return { ...nothing, why: 'the record of what is retained is damaged' };
    throw error;
  }
}

export async function writeIndex(state: StateDirectory, index: RetainedIndex): Promise<void> {
  await writeFileDurably(indexPath(state), JSON.stringify(index, undefined, 2));
}

function indexPath(state: Pick<StateDirectory, 'retainedPath'>): string {
  return join(state.retainedPath, 'index.json');
}
