import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isTemporaryOf } from '../../common/atomic-file.ts';
import { beforeDiskAct } from '../../common/disk-act.ts';
import { isErrno } from './errno.ts';
import { openToReadSync } from './reading.ts';
import { runProgram, type ProgramResult, type ProgramRun } from '../os/run-program.ts';

/**
 * Every way in which the agent changes the disk: node:fs, and a few programs, with each act told right before it is done (common/disk-act.ts). The linter
 * refuses whatever could change the disk anywhere else in agent/, so that the tests that cut an update at every act of it know them all.
 */

const run = promisify(execFile);

export function linkSync(existing: string, address: string): void {
  beforeDiskAct('link', address);
  fs.linkSync(existing, address);
}

/** Copies a file's content to a name that is replaced if it is there. */
export function copyFileSync(existing: string, address: string): void {
  beforeDiskAct('create', address);
  fs.copyFileSync(existing, address);
}

export function symlinkSync(link: string, address: string): void {
  beforeDiskAct('symlink', address);
  fs.symlinkSync(link, address);
}

export function renameSync(from: string, to: string): void {
  beforeDiskAct('rename', to);
  fs.renameSync(from, to);
}

export async function rename(from: string, to: string): Promise<void> {
  beforeDiskAct('rename', to);
  await fsp.rename(from, to);
}

export function unlinkSync(address: string): void {
  beforeDiskAct('unlink', address);
  fs.unlinkSync(address);
}

/** Removes a file or link, if there is one. */
export function unlinkIfThereSync(address: string): void {
  beforeDiskAct('unlink', address, () => isThere(address));
  fs.rmSync(address, { force: true });
}

/** Removes a file or link, if there is one. @param path as bytes where its name may be no UTF-8 */
export async function unlinkIfThere(path: string | Buffer): Promise<void> {
  beforeDiskAct('unlink', path.toString(), () => isThere(path));
  await fsp.rm(path, { force: true });
}

/** Removes a file that was written as writeFileAtomically does, with what cuts have left beside it; durable when it resolves. */
export async function removeWritten(path: string): Promise<void> {
  const [directory, name] = [dirname(path), basename(path)];
  try {
    const found = (await fsp.readdir(directory)).filter((entry) => entry === name || isTemporaryOf(name, entry));
    for (const entry of found) await unlinkIfThere(join(directory, entry));
    if (found.length > 0) await syncDirectory(directory);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** Removes a directory where it is empty; a link to one is somebody's own, and stays. */
export async function rmdirIfEmpty(path: string): Promise<void> {
  try {
    await rmdir(path);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTEMPTY', 'ENOTDIR')) throw error;
  }
}

export function mkdirSync(address: string, mode: number): void {
  beforeDiskAct('mkdir', address, () => !isThere(address));
  fs.mkdirSync(address, { mode });
}

/** Makes a directory and those on the way to it, where they are missing. */
export async function mkdirs(path: string, mode: number): Promise<void> {
  beforeDiskAct('mkdir', path, () => !isThere(path));
  await fsp.mkdir(path, { recursive: true, mode });
}

export function rmdirSync(address: string): void {
  beforeDiskAct('rmdir', address, () => isThere(address));
  fs.rmdirSync(address);
}

export async function rmdir(path: string | Buffer): Promise<void> {
  beforeDiskAct('rmdir', path.toString(), () => isThere(path));
  await fsp.rmdir(path);
}

/**
 * Removes whatever is there, a directory with what is in it; not in one go: freeing the space of thousands of files takes a disk seconds. Each
 * directory is held by a descriptor while it is emptied, so that nobody can have what is below a symlink removed by putting one in its place meanwhile.
 * @param address whose parent is pinned, or belongs to nobody but the agent; as bytes where its name may be no UTF-8
 */
export async function removeTree(address: string | Buffer): Promise<void> {
  let fd: number;
  try {
    fd = openToReadSync(address, fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return await unlinkIfThere(address);
    throw error;
  }
  try {
    await removeFrom(fd);
  } finally {
    fs.closeSync(fd);
  }
  await rmdir(address);
}

/** Removes all that is in a directory, in the same way. */
export async function removeBelow(address: string): Promise<void> {
  const fd = openToReadSync(address, fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
  try {
    await removeFrom(fd);
  } finally {
    fs.closeSync(fd);
  }
}

async function removeFrom(fd: number): Promise<void> {
  const directory = `/proc/self/fd/${fd}`;
  for (const name of await fsp.readdir(directory, { encoding: 'buffer' })) {
    await removeTree(Buffer.concat([Buffer.from(`${directory}/`), name]));
  }
}

export function fchmodSync(fd: number, mode: number): void {
  beforeDiskAct('chmod', fd);
  fs.fchmodSync(fd, mode);
}

export function lchownSync(address: string, uid: number, gid: number): void {
  beforeDiskAct('chown', address);
  fs.lchownSync(address, uid, gid);
}

export function fchownSync(fd: number, uid: number, gid: number): void {
  beforeDiskAct('chown', fd);
  fs.fchownSync(fd, uid, gid);
}

/** Opens a file to write, and makes it if `flags` say so; a descriptor that only reads comes from reading.ts. */
export function openSync(address: string, flags: number, mode: number): number {
  beforeDiskAct('create', address, () => (flags & fs.constants.O_TRUNC) !== 0 || !isThere(address));
  return fs.openSync(address, flags, mode);
}

export function writeSync(fd: number, bytes: Uint8Array, position: number): number {
  beforeDiskAct('write', fd);
  return fs.writeSync(fd, bytes, 0, bytes.length, position);
}

const writeLater = promisify(fs.write);

/** Writes without keeping the event loop waiting. */
export async function write(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  beforeDiskAct('write', fd);
  return (await writeLater(fd, bytes, 0, bytes.length, position)).bytesWritten;
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await fsp.open(path, 'r');
  try {
    beforeDiskAct('sync', path);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Changes a directory's times and syncs it. A file system that has given up after an error may answer a sync with success, if somebody else met the error
 * first; a change that has to go through its journal it refuses.
 */
export async function touchDirectory(address: string): Promise<void> {
  const handle = await fsp.open(address, 'r');
  try {
    beforeDiskAct('touch', address);
    const now = new Date();
    await handle.utimes(now, now);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes everything on the file system of a path durable: syncfs(2), which Node lacks and coreutils' `sync -f` has. */
export async function syncFileSystemOf(path: string, deadlineMs: number): Promise<void> {
  beforeDiskAct('sync-file-system', path);
  await run('sync', ['-f', path], { timeout: deadlineMs, killSignal: 'SIGKILL', env: { ...process.env, LC_ALL: 'C' } });
}

/** Makes sure that attributes can be set here. @throws UvsError PROGRAM_MISSING */
export async function demandSetfattr(): Promise<void> {
  await runProgram({ program: 'setfattr', args: ['--version'], from: 'attr' });
}

/** Changes extended attributes, of many paths at once. @param changed address or descriptor of what is changed, or holds it */
export async function setfattr(run: Omit<ProgramRun, 'program' | 'from'>, changed: string | number): Promise<ProgramResult> {
  beforeDiskAct('setxattr', changed);
  return await runProgram({ ...run, program: 'setfattr', from: 'attr' });
}

function isThere(address: string | Buffer): boolean {
  return fs.lstatSync(address, { throwIfNoEntry: false }) !== undefined;
}
