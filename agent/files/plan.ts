import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Null: the attribute is taken away, or was not there. */
const xattrs = v.record(v.string(), v.nullable(v.string()));
const ownership = { mode: count, uid: count, gid: count, xattrs: v.exactOptional(xattrs) };
/** Topmost directory of the mount that the path is on; plans of earlier agents have it of files alone. */
const mount = { base: v.exactOptional(v.string()) };
const original = {
  /** The original is kept as a copy, because its file system has no hard links. */
  isCopied: v.exactOptional(v.literal(true)),
  /** As the original was when it was decided that it may go. */
  seen: v.exactOptional(v.strictObject({ size: count, mtimeMs: v.number() })),
  /** The same, to know it again by once it has its name back; nothing is refused for it before. Plans of earlier agents have none. */
  was: v.exactOptional(
    v.strictObject({ size: count, mtimeMs: v.number(), mode: count, uid: count, gid: count, inode: v.exactOptional(v.number()) }),
  ),
};

/**
 * What the commit does to one path, with what it needs to undo it. `index` is the entry's place in the manifest: its staged content is
 * `new/INDEX` and the kept original `old/INDEX` in the staging area of `base`.
 */
const actionSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('make-directory'), path: v.string(), ...mount, ...ownership }),
  v.strictObject({ kind: v.literal('set-directory'), path: v.string(), ...mount, ...ownership, before: v.strictObject(ownership) }),
  v.strictObject({ kind: v.literal('put'), index: count, path: v.string(), base: v.string(), hasOriginal: v.boolean(), ...original }),
  v.strictObject({ kind: v.literal('remove-file'), index: count, path: v.string(), base: v.string(), ...original }),
  v.strictObject({ kind: v.literal('remove-directory'), path: v.string(), ...mount, before: v.strictObject(ownership) }),
]);

export const planSchema = v.strictObject({
  /** Directories are made parents first; puts; directories set; removals deepest first. The commit goes down the list, going back goes up. */
  actions: v.array(actionSchema),
  /** Manifest indexes of entries that are left alone: an admin's config file, a removal of what was changed. */
  left: v.array(count),
});

export type Action = v.InferOutput<typeof actionSchema>;
/** An action that concerns one file, which may have an original. */
export type FileAction = Extract<Action, { kind: 'put' | 'remove-file' }>;
export type Plan = v.InferOutput<typeof planSchema>;
