import { statfsSync } from 'node:fs';
import { FREE_SPACE, UvsError } from '../../common/errors.ts';
import { DUMP_ARGUMENTS, parseXattrDump, type Xattrs } from '../../common/xattr-dump.ts';
import { lookWith } from '../os/look-with.ts';
import type { ProgramResult } from '../os/run-program.ts';
import { demandSetfattr, setfattr } from './disk.ts';

/** A path whose parent is pinned by a descriptor, so that nothing that is moved meanwhile leads elsewhere. */
export interface PinnedPath {
  readonly directoryFd: number;
  /** Name in that directory; "." is the directory itself. */
  readonly name: string;
  /** For errors. */
  readonly path: string;
}

/** With so much free no disk is full. */
const ROOM_BYTES = 16 * 1024 * 1024;
/** Directories that one process is given at once. */
const MAX_DESCRIPTORS = 200;
/** Arguments of one process; Linux takes 2 MiB (execve(2)). */
const MAX_ARGUMENT_BYTES = 100_000;
const FIRST_DESCRIPTOR = 3;

/** Makes sure that attributes can be read and set here. @throws UvsError PROGRAM_MISSING */
export async function demandXattrPrograms(): Promise<void> {
  await demandSetfattr();
  await lookWith('getfattr', { args: ['--version'] });
}

/** Says what a question about attributes is answered where nobody can ask it; `undefined` where the programs are missing. */
export async function ifXattrPrograms<T>(question: () => Promise<T>): Promise<T | undefined> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'PROGRAM_MISSING') return undefined;
    throw error;
  }
}

/**
 * Sets attributes with one process for many paths; Node has no calls for them. What else a path has stays. The owner and the mode have to be
 * set before: chown(2) takes capabilities away. @throws UvsError PATH_FORBIDDEN where the file system can't hold one, NO_SPACE
 */
export async function setXattrs(targets: readonly (PinnedPath & { readonly xattrs: Xattrs })[]): Promise<void> {
  for (const batch of batches(targets)) {
    const input = batch.entries.map(({ target, address }) => {
      const lines = Object.entries(target.xattrs).map(([name, value]) => `${quote(name)}=${value === '' ? '""' : `0s${value}`}\n`);
      return `# file: ${quote(address)}\n${lines.join('')}\n`;
    });
    // -h: a symlink is not followed, as it would be by default
    const args = ['-h', '--restore=-'];
    demandSuccess(
      await setfattr({ args, input: input.join(''), descriptors: batch.descriptors }, batch.descriptors[0] ?? -1),
      batch,
      'set',
    );
  }
}

/** Takes one attribute away; where a path does not have it, nothing happens. */
export async function removeXattr(name: string, targets: readonly PinnedPath[]): Promise<void> {
  for (const batch of batches(targets)) {
    const args = ['-h', '-x', name, '--', ...batch.entries.map(({ address }) => address)];
    const result = await setfattr({ args, descriptors: batch.descriptors }, batch.descriptors[0] ?? -1);
    const rest = result.stderr.split('\n').filter((line) => line !== '' && !line.endsWith(': No such attribute'));
    if (rest.length > 0) demandSuccess({ ...result, code: 1, stderr: rest.join('\n') }, batch, 'taken away');
  }
}

/** Reads all attributes of each path, in their order; none where the file system has none. */
export async function readXattrs(targets: readonly PinnedPath[]): Promise<readonly Xattrs[]> {
  const found: Xattrs[] = [];
  for (const batch of batches(targets)) {
    const args = [...DUMP_ARGUMENTS, '--', ...batch.entries.map(({ address }) => address)];
    const result = await lookWith('getfattr', { args, descriptors: batch.descriptors });
    demandSuccess({ ...result, stderr: withoutUnsupported(result.stderr) }, batch, 'read');
    const byAddress = parseXattrDump(result.stdout);
    found.push(...batch.entries.map(({ address }) => byAddress.get(address) ?? {}));
  }
  return found;
}

/** Reads the attributes of everything in a directory, by path from there; what has none is not in it. */
export async function readXattrsBelow(directoryFd: number, path: string): Promise<ReadonlyMap<string, Xattrs>> {
  const top = `/proc/self/fd/${FIRST_DESCRIPTOR}/.`;
  const args = ['-R', ...DUMP_ARGUMENTS, '--', top];
  const result = await lookWith('getfattr', { args, descriptors: [directoryFd] });
  const batch = { entries: [{ target: { directoryFd, name: '.', path }, address: top }], descriptors: [directoryFd] };
  demandSuccess({ ...result, stderr: withoutUnsupported(result.stderr) }, batch, 'read');
  return new Map([...parseXattrDump(result.stdout)].map(([address, xattrs]) => [address.slice(top.length + 1), xattrs]));
}

interface Batch<T extends PinnedPath> {
  readonly entries: readonly { readonly target: T; readonly address: string }[];
  readonly descriptors: readonly number[];
}

function* batches<T extends PinnedPath>(targets: readonly T[]): Generator<Batch<T>, void, undefined> {
  let entries: { target: T; address: string }[] = [];
  let numbers = new Map<number, number>();
  let bytes = 0;
  for (const target of targets) {
    const isNew = !numbers.has(target.directoryFd);
    if (entries.length > 0 && (bytes > MAX_ARGUMENT_BYTES || (isNew && numbers.size === MAX_DESCRIPTORS))) {
      yield { entries, descriptors: [...numbers.keys()] };
      [entries, numbers, bytes] = [[], new Map(), 0];
    }
    const number = numbers.get(target.directoryFd) ?? FIRST_DESCRIPTOR + numbers.size;
    numbers.set(target.directoryFd, number);
    const address = `/proc/self/fd/${number}/${target.name}`;
    entries.push({ target, address });
    bytes += Buffer.byteLength(address) + 1;
  }
  if (entries.length > 0) yield { entries, descriptors: [...numbers.keys()] };
}

/** Reading tells of a file system without attributes what every path of it would: there are none. */
function withoutUnsupported(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !line.endsWith(': Operation not supported'))
    .join('\n');
}

function demandSuccess({ stderr }: ProgramResult, { entries }: Batch<PinnedPath>, done: string): void {
  const [problem = ''] = stderr.split('\n');
  if (problem === '') return;
  const { target } = entries.find(({ address }) => problem.includes(`${address}: `)) ?? {};
  const why = problem.slice(problem.lastIndexOf(': ') + 2);
  if (why === 'Disk quota exceeded' || (why === 'No space left on device' && !hasRoom(target))) {
    throw new UvsError('NO_SPACE', `the disk was full while the extended attributes of ${target?.path ?? 'a path'} were ${done}`, {
      hint: FREE_SPACE,
    });
  }
  throw new UvsError('PATH_FORBIDDEN', `the extended attributes of ${target?.path ?? 'a path'} could not be ${done}: ${why}`, {
    hint: 'Its file system may not hold them: build the package without, or bring the path elsewhere.',
    details: { output: problem },
  });
}

/** ext4 says the same where attributes do not fit into the one block that a file has for them, ext4(5) on `ea_inode`: no free space mends that. */
function hasRoom(target: PinnedPath | undefined): boolean {
  if (target === undefined) return false;
  const { bfree, bsize } = statfsSync(`/proc/self/fd/${target.directoryFd}`);
  return bfree * bsize > ROOM_BYTES;
}

/** As setfattr(1) reads names: bytes that mean something to it, and those of no ASCII, in octal. */
function quote(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => (byte > 0x20 && byte < 0x7f && !'\\="#'.includes(String.fromCharCode(byte)) ? String.fromCharCode(byte) : octal(byte)))
    .join('');
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}
