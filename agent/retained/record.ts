import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { barrierSchema } from '../../common/upd/manifest-schema.ts';
import { unlinkIfThere } from '../files/disk.ts';
import { isErrno } from '../files/errno.ts';
import { planSchema } from '../files/plan.ts';
import { writeFileDurably } from '../files/sync.ts';
import { componentSchema, releaseSchema } from '../installed.ts';
import type { StateDirectory } from '../state-directory.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const metadata = { mode: count, uid: count, gid: count, xattrs: v.record(v.string(), v.string()) };

/**
 * An original that a release replaced or removed, as it was. `isOwn`: no release had put it there so, or somebody had changed it: then its hash
 * is the node's own, taken when the release was done; the others are known by what is signed.
 */
const originalSchema = v.variant('type', [
  v.strictObject({
    type: v.literal('file'),
    index: count,
    base: v.string(),
    path: v.string(),
    ...metadata,
    size: count,
    sha256,
    /** Originals with the same number other than 0 are one inode. */
    linkGroup: count,
    isOwn: v.boolean(),
  }),
  v.strictObject({ type: v.literal('symlink'), index: count, base: v.string(), path: v.string(), ...metadata, link: v.string() }),
]);

/** What it takes to go back from a release, besides the originals themselves. */
const keptSchema = v.strictObject({
  kind: v.literal('kept'),
  operation: v.string(),
  /** Of the release that would be taken back. */
  manifestHash: sha256,
  version: v.string(),
  components: v.array(v.string()),
  /** What its components would then be. */
  toVersion: v.string(),
  before: v.strictObject({
    /** Of its components. */
    components: v.array(componentSchema),
    releases: v.array(releaseSchema),
    /** Those of them whose place the release has taken. */
    replaced: v.array(sha256),
    /** The versions that it brought, and what they were; null: there was none. */
    versions: v.record(v.string(), v.strictObject({ brought: v.string(), before: v.nullable(v.string()) })),
  }),
  barrier: v.exactOptional(barrierSchema),
  /** Where its path was mounted when the release was done. */
  barrierMounts: v.exactOptional(v.array(v.string())),
  /** Units that the release itself has started again. */
  startedUnits: v.array(v.string()),
  originals: v.array(originalSchema),
  actions: planSchema.entries.actions,
});

/** Why nothing is kept of what was before a release. */
const nothingSchema = v.strictObject({ kind: v.literal('nothing'), why: v.string() });

const recordSchema = v.variant('kind', [keptSchema, nothingSchema]);

export type Original = v.InferOutput<typeof originalSchema>;
export type KeptRecord = v.InferOutput<typeof keptSchema>;
export type RetainedRecord = v.InferOutput<typeof recordSchema>;

/** Writes it before the release counts as installed; without that it is swept away. */
export async function writeRecord(state: StateDirectory, operation: string, record: RetainedRecord): Promise<void> {
  await writeFileDurably(recordPath(state, operation), JSON.stringify(record));
}

/** Reads it; undefined where there is none, or none that can be understood. */
export async function readRecord(
  state: StateDirectory,
  operation: string,
): Promise<{ readonly record: RetainedRecord; readonly hash: string } | undefined> {
  try {
    const text = await readFile(recordPath(state, operation), 'utf8');
    const parsed = v.safeParse(recordSchema, JSON.parse(text));
    return parsed.success ? { record: parsed.output, hash: createHash('sha256').update(text).digest('hex') } : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function removeRecord(state: StateDirectory, operation: string): Promise<void> {
  await unlinkIfThere(recordPath(state, operation));
}

function recordPath(state: StateDirectory, operation: string): string {
  return join(state.retainedPath, `${operation}.json`);
}
