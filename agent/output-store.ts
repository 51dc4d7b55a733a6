import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { agentBounds } from '../common/agent-bounds.ts';
import { UvsError } from '../common/errors.ts';
import { DiskFile } from './files/disk-file.ts';
import { unlinkIfThere } from './files/disk.ts';
import { isErrno } from './files/errno.ts';
import { openToRead } from './files/reading.ts';

/** Output kept of one operation; what comes after is counted and left out. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** A tail and one byte more, which says whether there is more. */
const KEPT_END_BYTES = agentBounds.outputTail + 1;
const KEPT_OPERATIONS = 50;
const OUTPUT_NAME = /^([a-z0-9-]{1,40})\.log$/;

/** The output of one operation, appended to its file as it comes, each line as `PHASE| text`. */
export class OutputFile implements AsyncDisposable {
  readonly #file: DiskFile;
  #size: number;
  /** Lines that wait for the write under way. */
  #waiting: string[] = [];
  /** The end of what the disk had no room for; tried again with each write, and told with the tail. */
  #unwritten = Buffer.alloc(0);
  #writing: Promise<void> | undefined;
  #isCut = false;

  private constructor(file: DiskFile, size: number) {
    this.#file = file;
    this.#size = size;
  }

  static async open(directory: string, operation: string): Promise<OutputFile> {
    const file = await DiskFile.open(pathOf(directory, operation), 'a', 0o600);
    return new OutputFile(file, await file.sizeBytes());
  }

  /** Never fails: a disk too full for output must not decide over an update. */
  write(phase: string, line: string): void {
    if (this.#isCut) return;
    const text = `${phase}| ${line}\n`;
    this.#size += Buffer.byteLength(text);
    this.#isCut = this.#size > MAX_OUTPUT_BYTES;
    this.#waiting.push(this.#isCut ? `${phase}| (further output is left out)\n` : text);
    this.#writing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    do {
      const lines = Buffer.concat([this.#unwritten, Buffer.from(this.#waiting.join(''))]);
      this.#waiting = [];
      this.#unwritten = Buffer.from((await this.#append(lines)).subarray(-KEPT_END_BYTES));
    } while (this.#waiting.length > 0);
    this.#writing = undefined;
  }

  /** @returns what could not be written of it */
  async #append(bytes: Buffer): Promise<Buffer> {
    try {
      const before = await this.#file.sizeBytes();
      try {
        await this.#file.write(bytes);
        return Buffer.alloc(0);
      } catch {
        return bytes.subarray((await this.#file.sizeBytes()) - before);
      }
    } catch {
      return bytes;
    }
  }

  /** Last whole lines of the operation, at most 16 KiB, also of those that the disk has no room for. */
  async tail(): Promise<string> {
    await this.#settle();
    return wholeLines(Buffer.concat([await readEnd(this.#file.path), this.#unwritten]));
  }

  /** Writes all that has come, once more what could not be written. */
  async #settle(): Promise<void> {
    await this.#writing;
    if (this.#unwritten.length > 0) await (this.#writing ??= this.#flush());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#settle();
    await this.#file.close();
  }
}

/** Reads the output of an operation, oldest first. @throws UvsError NOT_FOUND */
export async function* readOutput(directory: string, operation: string): AsyncIterable<string> {
  try {
    for await (const chunk of createReadStream(pathOf(directory, operation), { encoding: 'utf8' })) yield String(chunk);
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT')) throw cause;
    throw new UvsError('NOT_FOUND', `this node has no output of operation ${operation}`, { cause, hint: 'Only the latest are kept.' });
  }
}

/** Last whole lines of an operation that has ended, at most 16 KiB; empty where there are none. */
export async function readTail(directory: string, operation: string): Promise<string> {
  return wholeLines(await readEnd(pathOf(directory, operation)));
}

/** The end of a file; empty where there is none. */
async function readEnd(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    const length = Math.min(size, KEPT_END_BYTES);
    await using file = await openToRead(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return Buffer.alloc(0);
    throw error;
  }
}

function wholeLines(end: Buffer): string {
  const text = end.subarray(-agentBounds.outputTail).toString('utf8');
  return end.length > agentBounds.outputTail ? text.slice(text.indexOf('\n') + 1) : text;
}

/** Whose outputs are kept: no clock says which operation was later, the journal and the history do. */
interface KnownOperations {
  /** Not acknowledged yet: theirs are never removed. */
  readonly open: ReadonlySet<string>;
  /** Oldest first. */
  readonly ended: readonly string[];
}

/** Removes all outputs but those of the latest operations; first of those that nobody knows any more. Never fails: what can't be removed decides nothing. */
export async function sweepOutputs(directory: string, { open, ended }: KnownOperations): Promise<void> {
  const operations = (await readdir(directory)).sort().flatMap((name) => OUTPUT_NAME.exec(name)?.[1] ?? []);
  const ages = new Map(ended.map((operation, index) => [operation, index]));
  const oldestFirst = operations.filter((operation) => !open.has(operation)).toSorted((a, b) => (ages.get(a) ?? -1) - (ages.get(b) ?? -1));
  const surplus = Math.max(0, operations.length - KEPT_OPERATIONS);
  for (const operation of oldestFirst.slice(0, surplus)) await unlinkIfThere(pathOf(directory, operation)).catch(() => undefined);
}

function pathOf(directory: string, operation: string): string {
  if (!/^[a-z0-9-]{1,40}$/.test(operation)) throw new UvsError('INVALID_ARGUMENT', `${JSON.stringify(operation)} is not an operation id`);
  return join(directory, `${operation}.log`);
}
