import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { CAPABILITIES, rightsOf } from '../../common/upd/privileges.ts';
import type { EntrySpec } from '../../common/upd/writer.ts';
import type { Xattrs } from '../../common/xattr-dump.ts';
import { ACCESS_LISTS, openingsOf } from './openings.ts';
import { readSourceXattrs } from './tree-xattrs.ts';
import type { TreeRule, TreeSpec } from './spec-schema.ts';

/** An entry with the source that it came from, for errors. */
export interface TreeEntry {
  readonly from: string;
  readonly entry: EntrySpec;
}

const NORMAL_DIRECTORY = 0o755;
const NORMAL_FILE = 0o644;
const NORMAL_PROGRAM = 0o755;

/**
 * Lists what a tree of the spec puts on a node, in no order.
 * @param nextLinkGroup numbers groups of hard links across trees.
 * @throws UvsError NOT_FOUND, CONFIG_INVALID (a rule that is about nothing), INVALID_ARGUMENT (a socket, device or pipe; a name that is not UTF-8)
 */
export function listTree(tree: TreeSpec, source: string, nextLinkGroup: () => number): readonly TreeEntry[] {
  const destination = withoutSlashes(tree.destination);
  const linkGroups = tree.hardLinks ? new LinkGroups(nextLinkGroup) : undefined;
  const entries: TreeEntry[] = [];
  const stats = statOf(source);
  const sourceXattrs = tree.xattrs === 'source' ? readSourceXattrs(source, stats.isDirectory()) : undefined;
  if (!stats.isDirectory()) {
    const name = destination.slice(destination.lastIndexOf('/') + 1);
    refuseIdleRules(tree, [{ relative: name, stats }]);
    return [{ from: source, entry: entryOf(tree, name, source, destination, stats, linkGroups, sourceXattrs?.get('.')) }];
  }
  const taken: Named[] = [];
  for (const relative of namesBelow(source, '', tree.exclude)) {
    const from = join(source, relative);
    const found = statOf(from);
    if (found.isDirectory() && !tree.directories) continue;
    taken.push({ relative, stats: found });
    const path = destination === '' ? relative : `${destination}/${relative}`;
    entries.push({ from, entry: entryOf(tree, relative, from, path, found, linkGroups, sourceXattrs?.get(relative)) });
  }
  refuseIdleRules(tree, taken);
  if (linkGroups !== undefined) return entries.map(({ from, entry }) => ({ from, entry: linkGroups.settle(entry) }));
  return entries;
}

/** Names below a directory, relative to `source`. It never goes through a symbolic link, which readdir's own recursion does. */
function* namesBelow(source: string, below: string, exclude: readonly string[]): Generator<string, void, undefined> {
  for (const entry of readdirSync(join(source, below), { withFileTypes: true })) {
    const relative = below === '' ? entry.name : `${below}/${entry.name}`;
    if (exclude.some((pattern) => matchesGlob(relative, pattern))) continue;
    if (entry.name.includes('\uFFFD')) {
      throw new UvsError('INVALID_ARGUMENT', `${join(source, relative)} has a name that is not UTF-8.`, {
        hint: 'Rename it or exclude it.',
      });
    }
    yield relative;
    if (entry.isDirectory()) yield* namesBelow(source, relative, exclude);
  }
}

function entryOf(
  tree: TreeSpec,
  relative: string,
  from: string,
  path: string,
  stats: Stats,
  linkGroups: LinkGroups | undefined,
  sourceXattrs: Xattrs | undefined,
): EntrySpec {
  const { mode: ruledMode, owner, config, xattrs: ruledXattrs } = settingsFor(tree, relative);
  const xattrs = { ...sourceXattrs, ...ruledXattrs };
  const [uid = 0, gid = 0] = owner.split(':').map(Number);
  const common = { path, op: 'put', uid, gid, xattrs } as const;
  const sourceMode = tree.modes === 'source' ? stats.mode & 0o7777 : undefined;
  if (stats.isSymbolicLink()) return { ...common, type: 'symlink', mode: 0o777, link: readlinkSync(from) };
  const fromSource = { sourceMode: ruledMode === undefined ? sourceMode : undefined, sourceXattrs, ruledXattrs };
  if (stats.isDirectory()) {
    const mode = ruledMode ?? sourceMode ?? NORMAL_DIRECTORY;
    // its mode gives nobody more rights
    const privileges = privilegedBy({ ...fromSource, sourceMode: undefined });
    refuseUndeclared(tree, relative, from, [...privileges, ...openedBy(fromSource, mode, true)]);
    return { ...common, type: 'directory', mode };
  }
  if (!stats.isFile()) {
    throw new UvsError('INVALID_ARGUMENT', `${from} is neither a file, a directory nor a symbolic link.`, { hint: 'Exclude it.' });
  }
  const normal = (stats.mode & 0o100) === 0 ? NORMAL_FILE : NORMAL_PROGRAM;
  const mode = ruledMode ?? sourceMode ?? normal;
  if (ruledMode === undefined && sourceMode === undefined) refuseDropped(relative, from, stats.mode);
  refuseUndeclared(tree, relative, from, [...privilegedBy(fromSource), ...openedBy(fromSource, mode, false)]);
  const linkGroup = linkGroups?.groupOf(stats) ?? 0;
  return { ...common, type: 'file', mode, config, linkGroup, origin: { file: from } };
}

/** What of an entry comes from the source, and what a rule of the spec says in its place. */
interface FromSource {
  readonly sourceMode: number | undefined;
  readonly sourceXattrs: Xattrs | undefined;
  readonly ruledXattrs: Xattrs;
}

function privilegedBy({ sourceMode, sourceXattrs, ruledXattrs }: FromSource): readonly string[] {
  const rights = rightsOf(sourceMode ?? 0, sourceXattrs?.[CAPABILITIES] !== undefined && ruledXattrs[CAPABILITIES] === undefined);
  return rights === undefined ? [] : [rights];
}

/** Only what others could change; that more people may read something is shown by `upd inspect`. */
function openedBy({ sourceMode, sourceXattrs, ruledXattrs }: FromSource, mode: number, isDirectory: boolean): readonly string[] {
  const lists = ACCESS_LISTS.flatMap((name) => {
    const value = ruledXattrs[name] === undefined ? sourceXattrs?.[name] : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  // a mode that the spec says is no opening, but what a list grants is measured by it
  const byMode = openingsOf(sourceMode ?? 0, {}, isDirectory);
  const byLists = openingsOf(mode, Object.fromEntries(lists), isDirectory).slice(openingsOf(mode, {}, isDirectory).length);
  return [...byMode, ...byLists].flatMap(({ as, isForChanging }) => (isForChanging ? [as] : []));
}

/** What gives others more rights is let in by its name or by a rule, never by a wildcard. @throws UvsError INVALID_ARGUMENT */
function refuseUndeclared(tree: TreeSpec, relative: string, from: string, rights: readonly string[]): void {
  if (rights.length === 0 || tree.privileged.includes(relative)) return;
  throw new UvsError('INVALID_ARGUMENT', `${from} is ${rights.join(', ')} in the source, which the spec does not say.`, {
    hint: `Name it if it is to be so: privileged = ["${relative}"] in its tree; or give it a mode of its own by a rule.`,
  });
}

/** A program that needs its rights would come without them, and fail on every node. @throws UvsError INVALID_ARGUMENT */
function refuseDropped(relative: string, from: string, sourceMode: number): void {
  const rights = rightsOf(sourceMode, false);
  if (rights === undefined) return;
  const kept = (sourceMode & 0o7777).toString(8);
  const dropped = (sourceMode & 0o777).toString(8).padStart(4, '0');
  throw new UvsError('INVALID_ARGUMENT', `${from} is ${rights} in the source, and modes = "normal" would bring it without that.`, {
    hint: `Keep it by a rule, match = "${relative}" and mode = "${kept}", or by modes = "source" and privileged = ["${relative}"] in its tree; drop it by a rule with mode = "${dropped}".`,
  });
}

/** What a tree takes from its source. */
interface Named {
  readonly relative: string;
  readonly stats: Stats;
}

/** A rule that is about nothing is a misspelt one, and an admin's edit that it was to keep would be replaced. @throws UvsError CONFIG_INVALID */
function refuseIdleRules({ source, rules }: TreeSpec, taken: readonly Named[]): void {
  for (const { match, config } of rules) {
    const isAbout = ({ relative, stats }: Named) => (config === undefined || stats.isFile()) && matchesGlob(relative, match);
    if (taken.some(isAbout)) continue;
    const what = config === undefined ? 'nothing' : 'no file, and only those have a config,';
    throw new UvsError('CONFIG_INVALID', `The rule match = "${match}" matches ${what} of what the tree of ${source} brings.`, {
      hint: 'Correct or remove it: globs are relative to the source (of a single file: its name at the destination), "*" stays within one directory, "**" does not, and what is excluded is not matched.',
    });
  }
}

interface Settings {
  readonly mode: number | undefined;
  readonly owner: string;
  readonly config: NonNullable<TreeRule['config']>;
  readonly xattrs: Readonly<Record<string, string>>;
}

/** Later rules win, setting by setting. */
function settingsFor(tree: TreeSpec, relative: string): Settings {
  let settings: Settings = { mode: undefined, owner: tree.owner, config: 'replace', xattrs: {} };
  for (const rule of tree.rules) {
    if (!matchesGlob(relative, rule.match)) continue;
    settings = {
      mode: rule.mode === undefined ? settings.mode : Number.parseInt(rule.mode, 8),
      owner: rule.owner ?? settings.owner,
      config: rule.config ?? settings.config,
      xattrs: { ...settings.xattrs, ...rule.xattrs },
    };
  }
  return settings;
}

/** Numbers the inodes that several names of a tree share; an inode of one name is in no group. */
class LinkGroups {
  readonly #next: () => number;
  readonly #byInode = new Map<string, number>();
  readonly #members = new Map<number, number>();

  constructor(next: () => number) {
    this.#next = next;
  }

  groupOf({ dev, ino, nlink }: Stats): number {
    if (nlink < 2) return 0;
    const inode = `${dev}:${ino}`;
    const group = this.#byInode.get(inode) ?? this.#next();
    this.#byInode.set(inode, group);
    this.#members.set(group, (this.#members.get(group) ?? 0) + 1);
    return group;
  }

  settle(entry: EntrySpec): EntrySpec {
    const isAlone = 'linkGroup' in entry && this.#members.get(entry.linkGroup) === 1;
    return isAlone ? { ...entry, linkGroup: 0 } : entry;
  }
}

/** A path of the spec as the manifest has it: "/opt/uvs/" is "opt/uvs", "/" is "". */
export function withoutSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}

function statOf(path: string): Stats {
  try {
    return lstatSync(path);
  } catch (error) {
    throw new UvsError(
      'NOT_FOUND',
      `${path}, which the spec names, can't be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: 'Paths in a spec are relative to the spec file.',
        cause: error,
      },
    );
  }
}
