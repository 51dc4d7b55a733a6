import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const ownership = { mode: count, uid: count, gid: count };

/**
 * What the commit does to one path, with what it needs to undo it. `index` is the entry's place in the manifest: its staged content is
 * `new/INDEX` and the kept original `old/INDEX` in the staging area of `base`.
 */
const actionSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('make-directory'), path: v.string(), ...ownership }),
  v.strictObject({ kind: v.literal('set-directory'), path: v.string(), ...ownership, before: v.strictObject(ownership) }),
  v.strictObject({ kind: v.literal('put'), index: count, path: v.string(), base: v.string(), hasOriginal: v.boolean() }),
  v.strictObject({ kind: v.literal('remove-file'), index: count, path: v.string(), base: v.string() }),
  v.strictObject({ kind: v.literal('remove-directory'), path: v.string(), before: v.strictObject(ownership) }),
]);

export const planSchema = v.strictObject({
  /** Directories are made parents first; puts; directories set; removals deepest first. The commit goes down the list, going back goes up. */
  actions: v.array(actionSchema),
  /** Manifest indexes of entries that are left alone: an admin's config file, a removal of what was changed. */
  left: v.array(count),
});

export type Action = v.InferOutput<typeof actionSchema>;
export type Plan = v.InferOutput<typeof planSchema>;

/** A put whose name differs from the manifest's: the admin's file stays and ours goes beside it. */
export const BESIDE_SUFFIX = '.uvs-new';
