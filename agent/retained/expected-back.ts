import type { FileEntry } from '../../common/upd/manifest.ts';
import type { Action, Plan } from '../files/plan.ts';
import type { Original } from './record.ts';

/** What is known of the release, and of what was there before. */
interface KnownBefore {
  readonly record: { readonly originals: readonly Original[] };
  /** Of its manifest. */
  readonly files: readonly FileEntry[];
}

/** What has to be at each path once a release is taken back, at the places of its manifest, and a plan that says what of it was left alone. */
export function expectedBack({ record, files }: KnownBefore, plan: Plan): { readonly files: readonly FileEntry[]; readonly plan: Plan } {
  const originals = new Map(record.originals.map((original) => [original.index, original]));
  const places = new Map(files.map(({ path }, index) => [path, index]));
  const expected = new Map<number, FileEntry>();
  for (const action of plan.actions) {
    const index = 'index' in action ? action.index : places.get(action.path);
    const entry = entryAfter(action, index === undefined ? undefined : originals.get(index));
    if (index !== undefined && entry !== undefined) expected.set(index, entry);
  }
  return {
    files: files.map((entry, index) => expected.get(index) ?? entry),
    plan: { actions: plan.actions, left: files.flatMap((_entry, index) => (expected.has(index) ? [] : [index])) },
  };
}

function entryAfter(action: Action, original: Original | undefined): FileEntry | undefined {
  const { path } = action;
  switch (action.kind) {
    case 'make-directory':
    case 'set-directory': {
      const { mode, uid, gid } = action;
      const xattrs = Object.entries(action.xattrs ?? {}).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
      return { path, op: 'put', type: 'directory', mode, uid, gid, xattrs: Object.fromEntries(xattrs) };
    }
    case 'remove-file':
    case 'remove-directory':
      return { path, op: 'remove' };
    case 'put': {
      if (original === undefined) return undefined;
      const { mode, uid, gid, xattrs } = original;
      const common = { path, op: 'put', mode, uid, gid, xattrs } as const;
      if (original.type === 'symlink') return { ...common, type: 'symlink', link: original.link };
      const { size, sha256, linkGroup } = original;
      return { ...common, type: 'file', size, sha256, extents: [], config: 'replace', linkGroup };
    }
    default:
      return action satisfies never;
  }
}
