import { createHash } from 'node:crypto';
import { constants, lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { FileEntry, PutFile } from '../../common/upd/manifest.ts';
import { isErrno, pathError } from '../files/errno.ts';
import { BESIDE_SUFFIX } from '../../common/upd/paths.ts';
import type { Action, FileAction, Plan } from '../files/plan.ts';
import { openToRead } from '../files/reading.ts';
import { demandOrdinary, inTheWay } from '../files/refusals.ts';
import { ownershipOfExact, seenOfExact, wasOfExact } from '../files/stats.ts';
import type { Tree } from '../files/tree.ts';
import { isLeftTo, type Other } from './others-since.ts';
import type { KeptRecord, Original } from './record.ts';

/** Actions between two turns of the event loop. */
const YIELD_EVERY = 256;

/** Files that were read and found to be what a release put, by path: a second look need not read them again. */
export type Seen = Map<string, string>;

export interface SurveyBack {
  readonly plan: Plan;
  readonly remarks: readonly string[];
  /** Paths that were changed here since the release was done. */
  readonly changed: readonly string[];
  /** Paths of which a release of other components has its own by now. */
  readonly others: readonly { readonly path: string; readonly version: string }[];
}

/** What has to be known of a release to take it back. */
export interface ReleaseTakenBack {
  readonly record: KeptRecord;
  /** Of its manifest. */
  readonly files: readonly FileEntry[];
  /** What a config file's own release says of edits. */
  readonly policyOf: (path: string) => PutFile['config'] | undefined;
  /** Whether a file there can have no second name. */
  readonly hasNoHardLinks: (path: string) => boolean;
  /** The place of a path among all that are put, as on the way forward. */
  readonly rank: (path: string, isSymlink: boolean) => number;
  /** What later releases, of other components, say of a path. */
  readonly since: (path: string) => Other | undefined;
  readonly seen: Seen;
}

/**
 * Looks at every path that a release has touched and says what takes it back; changes nothing. The inverse of what its commit did, path by path: a
 * retained original is put where the release put or removed something, what it added is removed.
 */
export async function surveyBack(tree: Tree, release: ReleaseTakenBack): Promise<SurveyBack> {
  const { record } = release;
  const surveyor = new Surveyor(tree, release);
  // the commit goes down the list, and the inverse of each part is found in that order as well
  for (const [done, action] of record.actions.entries()) {
    if (done % YIELD_EVERY === YIELD_EVERY - 1) await new Promise((resolve) => setImmediate(resolve));
    await surveyor.look(action);
  }
  return surveyor.result();
}

class Surveyor {
  readonly #tree: Tree;
  readonly #files: readonly FileEntry[];
  readonly #originals: ReadonlyMap<number, Original>;
  readonly #policyOf: ReleaseTakenBack['policyOf'];
  readonly #hasNoHardLinks: ReleaseTakenBack['hasNoHardLinks'];
  readonly #rank: ReleaseTakenBack['rank'];
  readonly #since: ReleaseTakenBack['since'];
  readonly #seen: Seen;
  readonly #making: Action[] = [];
  readonly #putting: Action[] = [];
  readonly #setting: Action[] = [];
  readonly #removing: Action[] = [];
  readonly #removingDirectories: Action[] = [];
  readonly #remarks: string[] = [];
  readonly #changed: string[] = [];
  readonly #others: { readonly path: string; readonly version: string }[] = [];

  constructor(tree: Tree, { record, files, policyOf, hasNoHardLinks, rank, since, seen }: ReleaseTakenBack) {
    this.#tree = tree;
    this.#files = files;
    this.#originals = new Map(record.originals.map((original) => [original.index, original]));
    this.#policyOf = policyOf;
    this.#hasNoHardLinks = hasNoHardLinks;
    this.#rank = rank;
    this.#since = since;
    this.#seen = seen;
  }

  async look(action: Action): Promise<void> {
    const other = this.#since(action.path);
    if (other !== undefined) return this.#lookAtOther(action, other);
    switch (action.kind) {
      case 'make-directory':
        return this.#unmake(action);
      case 'set-directory':
        return this.#setBack(action);
      case 'remove-directory':
        return this.#makeAgain(action);
      case 'put':
        return action.hasOriginal ? await this.#restore(action) : await this.#unput(action);
      case 'remove-file':
        return await this.#bringBack(action);
      default:
        action satisfies never;
    }
  }

  result(): SurveyBack {
    const copied = (action: Action): Action =>
      (action.kind === 'remove-file' || (action.kind === 'put' && action.hasOriginal)) && this.#hasNoHardLinks(action.path)
        ? { ...action, isCopied: true }
        : action;
    const rankOf = (action: Action): number =>
      this.#rank(action.path, 'index' in action && this.#originals.get(action.index)?.type === 'symlink');
    const actions = [
      // they were removed deepest first
      ...this.#making.toReversed(),
      ...this.#putting.toSorted((a, b) => rankOf(a) - rankOf(b)).map(copied),
      ...this.#setting,
      ...this.#removing.map(copied),
      ...this.#removingDirectories.toReversed(),
    ];
    for (const { path } of this.#putting.filter(({ path }) => !this.#hasParent(path))) this.#changed.push(path);
    return { plan: { actions, left: [] }, remarks: this.#remarks, changed: this.#changed, others: this.#others };
  }

  /** What is taken back must not change what another release has brought since. */
  #lookAtOther(action: Action, other: Other): void {
    const { path } = action;
    if (isLeftTo(other, action)) this.#remarks.push(`${path} is left as it is: ${other.version} has it too`);
    else this.#others.push({ path, version: other.version });
  }

  #unmake({ path, xattrs }: DirectoryAction<'make-directory'>): void {
    const stat = this.#stat(path);
    if (stat === undefined) return;
    if (!stat.isDirectory()) return void this.#changed.push(path);
    this.#removingDirectories.push({
      kind: 'remove-directory',
      path,
      before: { ...ownershipOfExact(stat), ...(xattrs === undefined ? {} : { xattrs }) },
    });
  }

  #setBack({ path, xattrs, before }: DirectoryAction<'set-directory'>): void {
    const stat = this.#stat(path);
    if (stat?.isDirectory() !== true) return void this.#changed.push(path);
    const now = { ...ownershipOfExact(stat), ...(xattrs === undefined || before.xattrs === undefined ? {} : { xattrs }) };
    this.#setting.push({ kind: 'set-directory', path, ...before, before: now });
  }

  #makeAgain({ path, before }: DirectoryAction<'remove-directory'>): void {
    const stat = this.#stat(path);
    if (stat === undefined) this.#making.push({ kind: 'make-directory', path, ...before });
    else if (!stat.isDirectory()) this.#changed.push(path);
    else this.#setting.push({ kind: 'set-directory', path, ...before, before: ownershipOfExact(stat) });
  }

  /** The release replaced something. */
  async #restore({ path, index, base }: FileAction): Promise<void> {
    const original = this.#originalOf(index, path);
    const stat = this.#stat(path);
    const policy = original.type === 'symlink' ? 'replace' : (this.#policyOf(path) ?? this.#policyIn(index));
    if (stat === undefined) {
      if (policy === 'replace') this.#changed.push(path);
      else this.#putting.push({ kind: 'put', index, path, base, hasOriginal: false });
      return;
    }
    if ((await this.#isOf(path, stat, this.#files[index])) || (await this.#isOriginal(path, stat, original))) {
      this.#putting.push({ kind: 'put', index, path, base, hasOriginal: true, seen: seenOfExact(stat), was: wasOfExact(stat) });
    } else if (policy === 'keep') {
      this.#remarks.push(`${path} was edited here and is kept as it is`);
    } else if (policy === 'new-beside' && !path.endsWith(BESIDE_SUFFIX)) {
      const beside = `${path}${BESIDE_SUFFIX}`;
      const other = this.#since(beside);
      if (other !== undefined) return void this.#others.push({ path: beside, version: other.version });
      this.#remarks.push(`${path} was edited here: what was there before the release goes to ${beside}`);
      const there = this.#stat(beside);
      if (there?.isDirectory() === true) throw inTheWay(beside, 'is a directory');
      demandOrdinary(beside, there);
      const seen = there === undefined ? {} : { seen: seenOfExact(there), was: wasOfExact(there) };
      this.#putting.push({ kind: 'put', index, path: beside, base, hasOriginal: there !== undefined, ...seen });
    } else {
      this.#changed.push(path);
    }
  }

  /** The release put something where nothing was. */
  async #unput({ path, index, base }: FileAction): Promise<void> {
    const stat = this.#stat(path);
    if (stat === undefined) return;
    if (await this.#isOf(path, stat, this.#files[index])) {
      this.#removing.push({ kind: 'remove-file', index, path, base, seen: seenOfExact(stat), was: wasOfExact(stat) });
    } else if (this.#policyIn(index) === 'replace') {
      this.#changed.push(path);
    } else {
      this.#remarks.push(`${path} is not removed: it was edited here`);
    }
  }

  /** The release removed something. */
  async #bringBack({ path, index, base }: FileAction): Promise<void> {
    const original = this.#originalOf(index, path);
    const stat = this.#stat(path);
    if (stat === undefined) return void this.#putting.push({ kind: 'put', index, path, base, hasOriginal: false });
    if (await this.#isOriginal(path, stat, original))
      return void this.#putting.push({ kind: 'put', index, path, base, hasOriginal: true, seen: seenOfExact(stat), was: wasOfExact(stat) });
    if (this.#policyOf(path) === 'keep') this.#remarks.push(`${path} was made here anew and is kept as it is`);
    else this.#changed.push(path);
  }

  /** Somebody may have removed the directory of what is to come back. */
  #hasParent(path: string): boolean {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    return parent === '' || this.#making.some((made) => made.path === parent) || this.#stat(parent)?.isDirectory() === true;
  }

  /** Config files alone have another policy than to be replaced. */
  #policyIn(index: number): PutFile['config'] {
    const entry = this.#files[index];
    return entry?.op === 'put' && entry.type === 'file' ? entry.config : 'replace';
  }

  #originalOf(index: number, path: string): Original {
    const original = this.#originals.get(index);
    if (original === undefined) throw new UvsError('NO_WAY_BACK', `nothing is retained of ${path}`);
    return original;
  }

  /** Whether what is at a path has the content that the release put there. */
  async #isOf(path: string, stat: BigIntStats, entry: FileEntry | undefined): Promise<boolean> {
    if (entry?.op !== 'put' || entry.type === 'directory') return false;
    if (entry.type === 'symlink') return stat.isSymbolicLink() && readlinkSync(this.#tree.address(path)) === entry.link;
    return await this.#isFile(path, stat, entry);
  }

  async #isOriginal(path: string, stat: BigIntStats, original: Original): Promise<boolean> {
    if (original.type === 'symlink') return stat.isSymbolicLink() && readlinkSync(this.#tree.address(path)) === original.link;
    return await this.#isFile(path, stat, original);
  }

  async #isFile(path: string, stat: BigIntStats, wanted: { readonly size: number; readonly sha256: string }): Promise<boolean> {
    if (!stat.isFile() || Number(stat.size) !== wanted.size) return false;
    const mark = `${stat.dev}:${stat.ino}:${stat.mtimeNs}:${stat.ctimeNs}:${wanted.sha256}`;
    if (this.#seen.get(path) === mark) return true;
    if ((await this.#hash(path)) !== wanted.sha256) return false;
    this.#seen.set(path, mark);
    return true;
  }

  async #hash(path: string): Promise<string> {
    const hash = createHash('sha256');
    await using file = await openToRead(this.#tree.address(path), constants.O_NOFOLLOW | constants.O_NONBLOCK);
    for await (const chunk of file.createReadStream({ autoClose: false })) if (chunk instanceof Uint8Array) hash.update(chunk);
    return hash.digest('hex');
  }

  #stat(path: string): BigIntStats | undefined {
    try {
      return lstatSync(this.#tree.address(path), { bigint: true });
    } catch (error) {
      if (isErrno(error, 'ENOENT') || (error instanceof UvsError && error.reason === 'NOT_FOUND')) return undefined;
      throw pathError(error, path, 'looking at');
    }
  }
}

type DirectoryAction<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;
