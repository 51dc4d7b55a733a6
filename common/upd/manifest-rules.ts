import { UvsError } from '../errors.ts';
import type { Content, Extent, FileEntry, Manifest, PutFile, Segment } from './manifest.ts';
import { ancestorsOf, BESIDE_SUFFIX, comparePaths, pathProblem } from './paths.ts';

/** Checks what the parts of a manifest demand of each other (docs/package-format.md). @throws UvsError PACKAGE_MALFORMED */
export function checkManifestRules(manifest: Manifest): void {
  checkKind(manifest);
  checkSegments(manifest.segments);
  checkFileOrder(manifest.files);
  checkTree(manifest.files);
  for (const entry of manifest.files) {
    if (entry.op !== 'put' || entry.type !== 'file') continue;
    checkContent(entry, manifest.segments, entry.path);
    if (entry.delta !== undefined) checkExtents(entry.delta.extents, manifest.segments, `the delta of ${entry.path}`);
  }
  checkLinkGroups(manifest.files);
  checkTasks(manifest);
  checkPackages(manifest);
  checkSpace(manifest);
}

function checkKind({ kind, base }: Manifest): void {
  if (kind === 'partial' && base === undefined) throw malformed('The manifest is of kind "partial" and names no base.');
  if (kind === 'full' && base !== undefined) throw malformed('The manifest is of kind "full" and names a base.');
}

function checkSegments(segments: readonly Segment[]): void {
  let end = 0;
  for (const [index, { offset, length }] of segments.entries()) {
    if (offset !== end) throw malformed(`Segment ${index} begins at ${offset}; segments are contiguous, so it must begin at ${end}.`);
    end += length;
  }
  if (!Number.isSafeInteger(end)) throw malformed('The segments together are too large.');
}

function checkFileOrder(files: readonly FileEntry[]): void {
  let previous: string | undefined;
  for (const { path } of files) {
    if (previous !== undefined) {
      const order = comparePaths(previous, path);
      if (order === 0) throw malformed(`The path ${path} stands twice.`);
      if (order > 0) throw malformed(`The path ${path} stands after ${previous}; paths are in the order of their bytes.`);
    }
    previous = path;
  }
}

/**
 * Nothing is put below a path that is a file, a symbolic link or removed, and nothing is removed below one that is put as a file or link
 * (a directory may be removed with what is in it); PATH.uvs-new is a possible path, and free, where it may be needed.
 */
function checkTree(files: readonly FileEntry[]): void {
  const entries = new Map(files.map((entry) => [entry.path, entry]));
  for (const entry of files) {
    for (const path of ancestorsOf(entry.path)) {
      const above = entries.get(path);
      if (above === undefined || isDirectory(above) || (above.op === 'remove' && entry.op === 'remove')) continue;
      throw malformed(`The path ${entry.path} lies below ${path}, which is ${above.op === 'remove' ? 'removed' : 'not a directory'}.`);
    }
  }
  checkBeside(files, entries);
}

function checkBeside(files: readonly FileEntry[], entries: ReadonlyMap<string, FileEntry>): void {
  const beside = new Map<string, string>();
  for (const entry of files) {
    if (entry.op !== 'put' || entry.type !== 'file' || entry.config !== 'new-beside') continue;
    const path = `${entry.path}${BESIDE_SUFFIX}`;
    const problem = pathProblem(path);
    if (problem !== undefined) throw malformed(`The path ${path}, which is needed for the new version of ${entry.path}, ${problem}.`);
    if (entries.has(path))
      throw malformed(`The path ${path} is needed for the new version of ${entry.path} and can't be a path of its own.`);
    beside.set(path, entry.path);
  }
  if (beside.size === 0) return;
  for (const { path } of files) {
    const above = ancestorsOf(path).find((ancestor) => beside.has(ancestor));
    if (above === undefined) continue;
    throw malformed(`The path ${path} lies below ${above}, which is needed for the new version of ${beside.get(above) ?? ''}.`);
  }
}

function isDirectory(entry: FileEntry): boolean {
  return entry.op === 'put' && entry.type === 'directory';
}

function checkContent(content: Content, segments: readonly Segment[], what: string): void {
  const total = checkExtents(content.extents, segments, what);
  if (total !== content.size) throw malformed(`The extents of ${what} have ${total} bytes together; its size is ${content.size}.`);
}

/** @returns how many bytes they have together */
function checkExtents(extents: readonly Extent[], segments: readonly Segment[], what: string): number {
  let total = 0;
  let previous = 0;
  for (const { segment, offset, length } of extents) {
    const plainLength = segments[segment]?.plainLength;
    if (plainLength === undefined) throw malformed(`An extent of ${what} is in segment ${segment}, which does not exist.`);
    if (offset + length > plainLength) throw malformed(`An extent of ${what} goes past the end of segment ${segment}.`);
    if (segment < previous) throw malformed(`The extents of ${what} go back from segment ${previous} to ${segment}.`);
    previous = segment;
    total += length;
  }
  return total;
}

/** Hard links are one inode: they can't differ in anything but the path. */
function checkLinkGroups(files: readonly FileEntry[]): void {
  const first = new Map<number, PutFile>();
  for (const entry of files) {
    if (entry.op !== 'put' || entry.type !== 'file' || entry.linkGroup === 0) continue;
    const other = first.get(entry.linkGroup);
    if (other === undefined) {
      first.set(entry.linkGroup, entry);
    } else if (!isSameInode(entry, other)) {
      throw malformed(
        `${entry.path} and ${other.path} are hard links of one file and differ in content, mode, owner, attributes or policy.`,
      );
    }
  }
}

function isSameInode(a: PutFile, b: PutFile): boolean {
  return (
    a.sha256 === b.sha256 &&
    a.size === b.size &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.config === b.config &&
    Object.keys(a.xattrs).length === Object.keys(b.xattrs).length &&
    Object.entries(a.xattrs).every(([name, value]) => b.xattrs[name] === value)
  );
}

function checkTasks({ tasks, segments }: Manifest): void {
  const names = new Set<string>();
  for (const task of tasks) {
    if (names.has(task.name)) throw malformed(`The task ${task.name} stands twice.`);
    names.add(task.name);
    if (task.size === 0) throw malformed(`The task ${task.name} has no program.`);
    checkContent(task, segments, `the task ${task.name}`);
  }
}

function checkPackages({ packages, segments }: Manifest): void {
  const names = new Set<string>();
  for (const entry of packages) {
    const key = `${entry.manager} ${entry.name} ${entry.version} ${entry.arch}`;
    if (names.has(key)) throw malformed(`The package ${key} stands twice.`);
    names.add(key);
    if (entry.op === 'install') checkContent(entry, segments, `the package ${key}`);
  }
}

function checkSpace({ files, spaceBytes }: Manifest): void {
  const needed = stagedBytes(files);
  if (spaceBytes < needed) throw malformed(`The manifest says that staging needs ${spaceBytes} bytes; its files have ${needed}.`);
}

/** Bytes of all files that a package puts, hard links once. */
function stagedBytes(files: readonly FileEntry[]): number {
  const groups = new Set<number>();
  let total = 0;
  for (const entry of files) {
    if (entry.op !== 'put' || entry.type !== 'file' || groups.has(entry.linkGroup)) continue;
    if (entry.linkGroup !== 0) groups.add(entry.linkGroup);
    total += entry.size;
  }
  return total;
}

function malformed(message: string): UvsError {
  return new UvsError('PACKAGE_MALFORMED', message);
}
