import * as v from 'valibot';
import { phases } from './machine.ts';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const operation = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/));
const shortText = v.pipe(v.string(), v.maxLength(8192));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const tokenSchema = v.strictObject({ epoch: shortText, createRevision: count });
/** A restart or a reboot (common/node-action.ts). */
const action = v.variant('kind', [
  v.strictObject({ kind: v.literal('reboot') }),
  v.strictObject({ kind: v.literal('restart'), units: v.array(shortText) }),
]);

/** What the journal may hold; each record belongs to one operation. */
export const recordSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('opened'),
    operation,
    packageDigest: v.string(),
    /** Whether a coordinator's slot is needed. */
    needsSlot: v.boolean(),
    /** Why an operator went without one. */
    noSlotReason: v.optional(shortText),
    /** Absent for a release. */
    action: v.optional(action),
    /** Goes back where it is not found healthy for so long; absent: it does not. */
    rollBackAfterMs: v.optional(count),
  }),
  v.strictObject({
    kind: v.literal('accepted'),
    operation,
    manifestHash: sha256,
    version: shortText,
    fromVersion: shortText,
    headHash: sha256,
  }),
  /** The first `segments` segments are staged, verified and synced. */
  v.strictObject({ kind: v.literal('marked'), operation, segments: count, bases: v.array(v.string()) }),
  v.strictObject({ kind: v.literal('granted'), operation, token: tokenSchema }),
  v.strictObject({ kind: v.literal('phase'), operation, phase: v.picklist(phases), reason: v.optional(shortText) }),
  v.strictObject({
    kind: v.literal('task-started'),
    operation,
    stage: v.picklist(['pre', 'post', 'cleanup']),
    index: count,
    name: shortText,
    idempotent: v.boolean(),
  }),
  v.strictObject({
    kind: v.literal('task-ended'),
    operation,
    stage: v.picklist(['pre', 'post', 'cleanup']),
    index: count,
    isGood: v.boolean(),
  }),
  /** The coordinator has taken the slot back: nothing that disturbs is begun any more; what restores service goes on. */
  v.strictObject({ kind: v.literal('revoked'), operation, token: tokenSchema, reason: shortText }),
  /** Units that ran and are about to be stopped. */
  v.strictObject({ kind: v.literal('stopping'), operation, units: v.array(shortText) }),
  /** Units that are about to be restarted, each with the mark of its present start. */
  v.strictObject({ kind: v.literal('restarting'), operation, units: v.array(v.strictObject({ unit: shortText, start: shortText })) }),
  /** The machine is about to be asked to reboot, and this is the boot that it is to leave: written once, and never asked again. */
  v.strictObject({ kind: v.literal('rebooting'), operation, bootId: shortText }),
  v.strictObject({ kind: v.literal('planned'), operation, planHash: sha256 }),
  v.strictObject({
    kind: v.literal('ended'),
    operation,
    outcome: v.picklist(['installed', 'done', 'rolled-back', 'never-acted', 'failed', 'needs-operator']),
    message: shortText,
    /** With `installed`: what the node remembers from now on; as it stands in installed.json. */
    installed: v.optional(v.unknown()),
  }),
  /** The coordinator (or the console) has taken note: the operation leaves the journal. */
  v.strictObject({ kind: v.literal('acknowledged'), operation }),
]);

export type JournalRecord = v.InferOutput<typeof recordSchema>;
