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
const KEPT_OPERATIONS = 50;
const OUTPUT_NAME = /^([a-z0-9-]{1,40})\.log$/;

/** The output of one operation, appended to its file as it comes, each line as `PHASE| text`. */
export class OutputFile implements AsyncDisposable {
  readonly #file: DiskFile;
  #size: number;
  /** Lines that wait for the write under way. */
  #waiting: string[] = [];
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
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.join('');
      this.#waiting = [];
      await this.#file.write(Buffer.from(lines)).catch(() => undefined);
    }
    this.#writing = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
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

/** Last whole lines, at most 16 KiB; empty where there is none. */
export async function readTail(directory: string, operation: string): Promise<string> {
  const path = pathOf(directory, operation);
  try {
    const { size } = await stat(path);
    const start = Math.max(0, size - agentBounds.outputTail);
    await using file = await openToRead(path);
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(Math.min(size, agentBounds.outputTail)),
      0,
      Math.min(size, agentBounds.outputTail),
      start,
    );
    const text = buffer.subarray(0, bytesRead).toString('utf8');
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
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
