import { measureOrigin, originBlock } from '../../common/upd/content-origin.ts';
import type { FileEntry, Manifest } from '../../common/upd/manifest.ts';
import type { EntrySpec } from '../../common/upd/writer.ts';

/** Leaves out what the base puts in the same way, so that a partial package carries only what differs from it. */
export function withoutUnchanged(entries: readonly EntrySpec[], base: Manifest): readonly EntrySpec[] {
  const there = new Map(base.files.map((entry) => [entry.path, entry]));
  const block = originBlock();
  return entries.filter((entry) => {
    const before = there.get(entry.path);
    return before === undefined || !isUnchanged(entry, before, block);
  });
}

function isUnchanged(entry: EntrySpec, before: FileEntry, block: Buffer): boolean {
  if (!('origin' in entry)) return fingerprint(entry) === fingerprint(before);
  if (before.op !== 'put' || before.type !== 'file') return false;
  // Hard links stay together: a group is brought as a whole.
  if (entry.linkGroup !== 0 || before.linkGroup !== 0) return false;
  const { origin, ...rest } = entry;
  const { extents: _extents, delta: _delta, size, sha256, ...restBefore } = before;
  if (fingerprint(rest) !== fingerprint(restBefore)) return false;
  const measured = measureOrigin(origin, block);
  return measured.size === size && measured.sha256 === sha256;
}

/** Equal for objects of equal content, whatever the order of their keys. */
function fingerprint(value: object): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
