import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import { forbiddenPath } from '../../common/upd/forbidden-path.ts';
import type { FileEntry, Manifest, PutDirectory, PutFile, PutSymlink } from '../../common/upd/manifest.ts';
import { BESIDE_SUFFIX } from '../../common/upd/paths.ts';
import type { Mixed, PutEntry } from '../accepted/mixed-files.ts';
import { Doubles } from './doubles.ts';
import { hashOf, isAlready } from './entry-content.ts';
import { isErrno, pathError } from './errno.ts';
import type { ForbiddenPaths } from './forbidden.ts';
import type { Action, Plan } from './plan.ts';
import { demandOrdinary, inTheWay, neverInPlace, owned } from './refusals.ts';
import { demandSameXattrs, keepXattrs, withXattrs } from './survey-xattrs.ts';
import { ownershipOf, seenOf, wasOf } from './stats.ts';
import { parentOf, type Tree } from './tree.ts';

/** Says which package of the distribution owns a path, e.g. "deb package libc6". */
export type Owners = (path: string) => string | undefined;

/** What an earlier release put at a path, as remembered. */
export type Remembered = (path: string) => FileEntry | undefined;

/** Where edits of files that are replaced anyway are looked for and told: elsewhere everything there would have to be read once more. */
const ADMIN_PLACE = 'etc/';
/** Entries between two turns of the event loop. */
const YIELD_EVERY = 256;

/** What may be there of releases. */
interface PutBefore {
  readonly remembered: Remembered;
  /** What mixtures that an operator accepted may have put. */
  readonly mixed: Mixed;
}

export interface Survey {
  readonly plan: Plan;
  /** One line for each entry that is left alone. */
  readonly remarks: readonly string[];
}

/**
 * Looks at every path of a manifest as it is now and says what the commit will do there; changes nothing.
 * @throws UvsError PATH_FORBIDDEN
 */
export async function survey(
  tree: Tree,
  manifest: Manifest,
  forbidden: ForbiddenPaths,
  before: PutBefore,
  owners: Owners,
): Promise<Survey> {
  const surveyor = new Surveyor(tree, manifest, forbidden, before, owners);
  for (const [index, entry] of manifest.files.entries()) {
    if (index % YIELD_EVERY === YIELD_EVERY - 1) await new Promise((resolve) => setImmediate(resolve));
    await surveyor.look(entry, index);
  }
  await surveyor.lookAtXattrs();
  return surveyor.result();
}

/** What a directory is made with that a release needs and does not name. */
export function impliedDirectory(): { readonly mode: number; readonly uid: number; readonly gid: number } {
  return { mode: 0o755, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}

class Surveyor {
  readonly #tree: Tree;
  readonly #forbidden: ForbiddenPaths;
  readonly #before: PutBefore;
  readonly #kinds: ReadonlyMap<string, FileEntry>;
  /** Directories that are there or will be made. */
  readonly #there = new Set<string>();
  readonly #toMake = new Set<string>();
  /** Mount's topmost directory by parent directory. */
  readonly #bases = new Map<string, string>();
  readonly #making: Action[] = [];
  readonly #putting: Action[] = [];
  #setting: Action[] = [];
  /** Directories that are there, and have attributes in the manifest. */
  readonly #withXattrs: PutDirectory[] = [];
  readonly #removing: Action[] = [];
  /** What may not be replaced and need not be. */
  readonly #already: (PutFile | PutSymlink)[] = [];
  readonly #ranks = new Map<Action, number>();
  readonly #doubles: Doubles;
  readonly #owners: Owners;
  readonly #left: number[] = [];
  readonly #remarks: string[] = [];

  constructor(tree: Tree, manifest: Manifest, forbidden: ForbiddenPaths, before: PutBefore, owners: Owners) {
    this.#tree = tree;
    this.#doubles = new Doubles(tree, forbidden.mounts);
    this.#owners = owners;
    this.#forbidden = forbidden;
    this.#before = before;
    this.#kinds = new Map(manifest.files.map((entry) => [entry.path, entry]));
  }

  async look(entry: FileEntry, index: number): Promise<void> {
    this.#forbidden.check(entry.path, entry);
    if (entry.op === 'remove') return this.#lookAtRemoval(entry.path, index);
    this.#doubles.look(entry.path);
    this.#implyParents(entry.path);
    if (entry.type === 'directory') return this.#lookAtDirectory(entry);
    await this.#lookAtPut(entry, index);
  }

  /** Once all paths were looked at: few questions about many paths. */
  async lookAtXattrs(): Promise<void> {
    await demandSameXattrs(this.#tree, this.#already);
    this.#setting = await withXattrs(this.#tree, this.#setting, this.#withXattrs);
    await keepXattrs(this.#tree, this.#removing);
  }

  result(): Survey {
    // deepest first, so that a directory is empty when its turn comes
    const removing = this.#removing.toReversed();
    const rank = (action: Action): number => this.#ranks.get(action) ?? 0;
    const putting = this.#putting.toSorted((a, b) => rank(a) - rank(b));
    return {
      plan: { actions: [...this.#making, ...putting, ...this.#setting, ...removing], left: this.#left },
      remarks: this.#remarks,
    };
  }

  #implyParents(path: string): void {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return;
    const parent = path.slice(0, slash);
    const named = this.#kinds.get(parent);
    if (named !== undefined && !(named.op === 'put' && named.type === 'directory')) {
      throw new UvsError('PATH_FORBIDDEN', `the package puts ${path} below ${parent}, which is no directory in it`);
    }
    if (this.#there.has(parent)) return;
    this.#implyParents(parent);
    if (this.#there.has(parent)) return;
    this.#there.add(parent);
    if (this.#stat(parent) !== undefined) {
      this.#tree.mountId(parent); // walks into it, which refuses symlinks and files
      return;
    }
    this.#forbidden.check(parent, { op: 'put', type: 'directory' });
    this.#toMake.add(parent);
    this.#making.push({
      kind: 'make-directory',
      path: parent,
      ...impliedDirectory(),
    });
  }

  #lookAtDirectory(entry: PutDirectory): void {
    const { path, mode, uid, gid, xattrs } = entry;
    const hasXattrs = Object.keys(xattrs).length > 0;
    const stat = this.#stat(path);
    if (stat === undefined) {
      this.#there.add(path);
      this.#toMake.add(path);
      this.#making.push({ kind: 'make-directory', path, mode, uid, gid, ...(hasXattrs ? { xattrs } : {}) });
      return;
    }
    if (!stat.isDirectory()) throw inTheWay(path, 'is no directory, and the package wants one there');
    if (hasXattrs) this.#demandUnowned(path);
    if (hasXattrs) this.#withXattrs.push(entry);
    const before = ownershipOf(stat);
    if (before.mode === mode && before.uid === uid && before.gid === gid) return;
    this.#demandUnowned(path);
    this.#setting.push({ kind: 'set-directory', path, mode, uid, gid, before });
  }

  async #lookAtPut(entry: FileEntry & { op: 'put'; type: 'file' | 'symlink' }, index: number): Promise<void> {
    const stat = this.#stat(entry.path);
    if (stat?.isDirectory() === true) throw inTheWay(entry.path, `is a directory, and the package wants a ${entry.type} there`);
    demandOrdinary(entry.path, stat);
    this.#demandUnowned(entry.path);
    const misleads = this.#forbidden.unlessThere(entry.path);
    if (misleads !== undefined) {
      if (stat === undefined || !(await isAlready(this.#tree, entry, stat))) throw forbiddenPath(entry.path, misleads);
      this.#already.push(entry);
      return;
    }
    const isPointer = entry.type === 'symlink' && stat?.isSymbolicLink() === true;
    if (stat !== undefined) {
      const protection = this.#forbidden.inPlace(entry.path, { isPointer, isOurs: this.#isOurs(entry.path) });
      if (protection !== undefined) {
        if (!(await isAlready(this.#tree, entry, stat))) throw neverInPlace(entry.path, protection);
        this.#already.push(entry);
        return;
      }
    }
    let path = entry.path;
    if (entry.type === 'file' && stat !== undefined && entry.config !== 'replace' && (await this.#isEdited(entry, stat))) {
      if (entry.config === 'keep') {
        this.#left.push(index);
        this.#remarks.push(`${path} was edited here and is kept as it is`);
        return;
      }
      path += BESIDE_SUFFIX;
      this.#remarks.push(`${entry.path} was edited here: the release's goes to ${path}`);
    }
    if (entry.type === 'file' && entry.config === 'replace' && path.startsWith(ADMIN_PLACE) && stat !== undefined) {
      if (await this.#isEdited(entry, stat))
        this.#remarks.push(`${path} was ${this.#isOurs(path) ? 'edited here' : 'here before'} and is replaced`);
    }
    const target = path === entry.path ? stat : this.#stat(path);
    if (target?.isDirectory() === true) throw inTheWay(path, 'is a directory');
    if (path !== entry.path) {
      this.#forbidden.check(path, { op: 'put', type: 'file' });
      this.#demandUnowned(path);
      this.#doubles.look(path);
      demandOrdinary(path, target);
    }
    const isCopied = target !== undefined && this.#forbidden.hasNoHardLinks(path);
    const action: Action = {
      kind: 'put',
      index,
      path,
      base: this.#baseOf(path),
      hasOriginal: target !== undefined,
      ...(isCopied ? { isCopied } : {}),
      ...(entry.type === 'file' && entry.config !== 'replace' && target !== undefined ? { seen: seenOf(target) } : {}),
      ...(target === undefined ? {} : { was: wasOf(target) }),
    };
    this.#ranks.set(action, this.#forbidden.rank(path, entry.type === 'symlink'));
    this.#putting.push(action);
  }

  /** A config file is the admin's as soon as it is neither what the last release put there nor what this one brings. */
  async #isEdited(entry: PutFile, stat: Stats): Promise<boolean> {
    if (!stat.isFile()) return true;
    const now = await hashOf(this.#tree, entry.path);
    if (now === entry.sha256) return false;
    return !this.#putAt(entry.path).some((before) => before.type === 'file' && before.sha256 === now);
  }

  async #lookAtRemoval(path: string, index: number): Promise<void> {
    const stat = this.#stat(path);
    if (stat === undefined) return;
    const known = this.#putAt(path);
    if (known.length === 0) return this.#leave(index, `${path} is not removed: no release put it there`);
    if (stat.isDirectory() && known.some(({ type }) => type === 'directory')) {
      this.#doubles.look(path);
      this.#demandUnowned(path);
      this.#removing.push({ kind: 'remove-directory', path, before: ownershipOf(stat) });
      return;
    }
    if (known.every(({ type }) => type === 'directory')) return this.#leave(index, `${path} is not removed: it is no directory any more`);
    if (!(await this.#isOneOf(known, path, stat))) return this.#leave(index, `${path} is not removed: it was changed here`);
    // what goes by one name must not come by another
    this.#doubles.look(path);
    this.#demandUnowned(path);
    const protection = this.#forbidden.inPlace(path, { isPointer: false, isOurs: true });
    if (protection !== undefined) throw neverInPlace(path, protection);
    const copied = this.#forbidden.hasNoHardLinks(path) ? { isCopied: true as const } : {};
    this.#removing.push({ kind: 'remove-file', index, path, base: this.#baseOf(path), ...copied, seen: seenOf(stat), was: wasOf(stat) });
  }

  async #isOneOf(known: readonly PutEntry[], path: string, stat: Stats): Promise<boolean> {
    if (stat.isSymbolicLink()) {
      const link = readlinkSync(this.#tree.address(path));
      return known.some((entry) => entry.type === 'symlink' && entry.link === link);
    }
    const alike = known.flatMap((entry) => (entry.type === 'file' && entry.size === stat.size ? [entry.sha256] : []));
    return stat.isFile() && alike.length > 0 && alike.includes(await hashOf(this.#tree, path));
  }

  #baseOf(path: string): string {
    const parent = parentOf(path);
    let base = this.#bases.get(parent);
    if (base === undefined) {
      base = this.#tree.mountBase(this.#tree.existingParent(path));
      this.#bases.set(parent, base);
    }
    return base;
  }

  #isOurs(path: string): boolean {
    return this.#putAt(path).length > 0;
  }

  /** All that releases may have put there: of a mixture it is not known which has. */
  #putAt(path: string): readonly PutEntry[] {
    const remembered = this.#before.remembered(path);
    const mixed = this.#before.mixed(path);
    return remembered?.op === 'put' ? [remembered, ...mixed] : mixed;
  }

  #demandUnowned(path: string): void {
    const owner = this.#owners(path);
    if (owner !== undefined) throw owned(path, owner);
  }

  #leave(index: number, remark: string): void {
    this.#left.push(index);
    this.#remarks.push(remark);
  }

  #stat(path: string): Stats | undefined {
    // nothing is in a directory that has still to be made; asking would cost an error for each of its files
    if (this.#toMake.has(parentOf(path))) return undefined;
    try {
      return lstatSync(this.#tree.address(path));
    } catch (error) {
      if (isErrno(error, 'ENOENT') || (error instanceof UvsError && error.reason === 'NOT_FOUND')) return undefined;
      throw pathError(error, path, 'looking at');
    }
  }
}
