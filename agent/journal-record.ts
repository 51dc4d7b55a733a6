import * as v from 'valibot';
import { migrationActs } from '../common/migration.ts';
import { phases } from './operation-machine.ts';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const operation = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/));
const shortText = v.pipe(v.string(), v.maxLength(8192));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const tokenSchema = v.object({ epoch: shortText, createRevision: count });
/** A restart, a reboot, a migration, or a release that is taken back (common/node-action.ts). */
const action = v.variant('kind', [
  v.object({ kind: v.literal('reboot') }),
  v.object({ kind: v.literal('restart'), units: v.array(shortText) }),
  v.object({ kind: v.literal('rollback'), release: sha256, version: shortText }),
  v.object({ kind: v.literal('migration'), act: v.picklist(migrationActs), directory: shortText, units: v.array(shortText) }),
]);

/**
 * A record of a later agent, which says itself that one that does not know it may go on without: what the agent after this one has written where this
 * one has to go back.
 */
const skippable = v.looseObject({ kind: v.string(), operation, mayBeSkipped: v.literal(true) });

/** Tells whether a record of a kind that this agent does not know may be passed over. */
export function mayBeSkipped(record: unknown): boolean {
  return v.is(skippable, record);
}

/** What the journal may hold; each record belongs to one operation. Fields that a later agent has added are left out. */
export const recordSchema = v.variant('kind', [
  v.object({
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
  v.object({
    kind: v.literal('accepted'),
    operation,
    manifestHash: sha256,
    version: shortText,
    fromVersion: shortText,
    headHash: sha256,
  }),
  /** The first `segments` segments are staged, verified and synced. */
  v.object({ kind: v.literal('marked'), operation, segments: count, bases: v.array(v.string()) }),
  v.object({ kind: v.literal('granted'), operation, token: tokenSchema }),
  v.object({ kind: v.literal('phase'), operation, phase: v.picklist(phases), reason: v.optional(shortText) }),
  v.object({
    kind: v.literal('task-started'),
    operation,
    stage: v.picklist(['pre', 'post', 'cleanup']),
    index: count,
    name: shortText,
    idempotent: v.boolean(),
  }),
  v.object({
    kind: v.literal('task-ended'),
    operation,
    stage: v.picklist(['pre', 'post', 'cleanup']),
    index: count,
    isGood: v.boolean(),
  }),
  /** The coordinator has taken the slot back: nothing that disturbs is begun any more; what restores service goes on. */
  v.object({ kind: v.literal('revoked'), operation, token: tokenSchema, reason: shortText }),
  /** Units that ran and are about to be stopped. */
  v.object({ kind: v.literal('stopping'), operation, units: v.array(shortText) }),
  /** Units that are about to be restarted, each with the mark of its present start. */
  v.object({ kind: v.literal('restarting'), operation, units: v.array(v.object({ unit: shortText, start: shortText })) }),
  /** The machine is about to be asked to reboot, and this is the boot that it is to leave: written once, and never asked again. */
  v.object({ kind: v.literal('rebooting'), operation, bootId: shortText }),
  v.object({ kind: v.literal('planned'), operation, planHash: sha256 }),
  /** Another agent is about to go on: names of both versions, how long it has to confirm, and whether a coordinator was in reach until then. */
  v.object({ kind: v.literal('handover'), operation, from: shortText, to: shortText, seconds: count, hadContact: v.boolean() }),
  v.object({
    kind: v.literal('ended'),
    operation,
    outcome: v.picklist(['installed', 'done', 'rolled-back', 'never-acted', 'failed', 'needs-operator']),
    message: shortText,
    /** With `installed`, where a release was taken back, and where an operator accepted either as done: what the node remembers from now on; as it stands in installed.json. */
    installed: v.optional(v.unknown()),
    /** Where an operator accepted files that are of no one release: as it stands in mixtures.json. */
    mixture: v.optional(v.unknown()),
  }),
  /** The coordinator (or the console) has taken note: the operation leaves the journal. */
  v.object({ kind: v.literal('acknowledged'), operation }),
]);

export type JournalRecord = v.InferOutput<typeof recordSchema>;
