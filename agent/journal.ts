import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { toUvsError, UvsError } from '../common/errors.ts';
import { DiskFile } from './files/disk-file.ts';
import { rename, syncDirectory, unlinkIfThere } from './files/disk.ts';
import { isErrno, pathError } from './files/errno.ts';
import { mayBeSkipped, recordSchema, type JournalRecord } from './journal-record.ts';

/** The format is specified in docs/journal.md; change both together. */
const MAGIC = Buffer.from('UVSJRNL1');
const HEADER_BYTES = 16;
const CHECK_BYTES = 8;
const MAX_PAYLOAD_BYTES = 64 * 1024;
const PREALLOCATED_BYTES = 256 * 1024;
/** The unit that a disk writes whole; a record that a power cut tore has at least one of these still zero. */
const SECTOR_BYTES = 512;
const FILE_NAME = 'journal';

/** The node's memory of what it is doing: appended and synced before each act, replayed after a crash. */
export class Journal implements AsyncDisposable {
  readonly #directory: string;
  #file: DiskFile;
  #position: number;
  #sequence: number;
  #records: JournalRecord[];
  readonly #broken = new AbortController();
  /** Last write that was asked for: an operation appends while the end of an earlier one is acknowledged. */
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(directory: string, file: DiskFile, replayed: Replayed) {
    this.#directory = directory;
    this.#file = file;
    this.#position = replayed.end;
    this.#sequence = replayed.sequence;
    this.#records = replayed.records;
  }

  /** Opens or creates the journal in a directory; cuts a torn tail. @throws UvsError JOURNAL_CORRUPT */
  static async open(directory: string): Promise<Journal> {
    const path = join(directory, FILE_NAME);
    let bytes = await readIfThere(path);
    if (bytes === undefined) {
      bytes = encode([], 0);
      await writeNew(directory, bytes);
    }
    const replayed = replay(bytes, path);
    const file = await DiskFile.open(path, 'r+');
    try {
      if (replayed.isTorn) {
        await file.write(Buffer.alloc(bytes.length - replayed.end), replayed.end);
        await file.datasync();
      }
      return new Journal(directory, file, replayed);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Reads a journal without changing it; for `status` beside a running agent. */
  static async read(directory: string): Promise<readonly JournalRecord[]> {
    const path = join(directory, FILE_NAME);
    const bytes = await readIfThere(path);
    return bytes === undefined ? [] : replay(bytes, path).records;
  }

  /** Aborted once a record could not be written: whoever works with this journal must end, so that the next start finds out what is on the disk. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  get records(): readonly JournalRecord[] {
    return this.#records;
  }

  /** Appends a record; it is on the disk when this resolves. After a failed write nothing more is accepted. */
  append(record: JournalRecord): Promise<void> {
    return this.#inTurn(() => this.#append(record));
  }

  /**
   * Writes the journal anew with only the records wanted; the old one stays until the new one is on the disk.
   * @param select is asked when it is this write's turn, with all records that there are then
   */
  compact(select: (records: readonly JournalRecord[]) => (record: JournalRecord) => boolean): Promise<void> {
    return this.#inTurn(() => this.#compact(select));
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    const written = this.#writing.then(write);
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #append(record: JournalRecord): Promise<void> {
    if (this.broken.aborted) {
      const { reason, message, hint } = toUvsError(this.broken.reason);
      throw new UvsError(reason, `the journal could not be written before: ${message}`, {
        cause: this.broken.reason,
        hint,
      });
    }
    const frame = encodeFrame(record, this.#sequence + 1);
    try {
      await this.#file.write(frame, this.#position);
      await this.#file.datasync();
    } catch (error) {
      throw this.#breaks(error);
    }
    this.#position += frame.length;
    this.#sequence += 1;
    this.#records.push(record);
  }

  async #compact(select: (records: readonly JournalRecord[]) => (record: JournalRecord) => boolean): Promise<void> {
    const isWanted = select(this.#records);
    const records = this.#records.filter((record) => isWanted(record));
    if (records.length === this.#records.length) return;
    const bytes = encode(records, this.#sequence);
    try {
      await writeNew(this.#directory, bytes);
    } catch (error) {
      if (!isErrno(error, 'ENOSPC')) throw error;
      // on a full disk nothing is gained by a failure here: it stays as long as it is, until the next time
      await unlinkIfThere(join(this.#directory, `${FILE_NAME}.new`));
      return;
    }
    try {
      await this.#file.close();
      this.#file = await DiskFile.open(join(this.#directory, FILE_NAME), 'r+');
    } catch (error) {
      throw this.#breaks(error);
    }
    const replayed = replay(bytes, FILE_NAME);
    this.#position = replayed.end;
    this.#sequence = replayed.sequence;
    this.#records = records;
  }

  #breaks(cause: unknown): UvsError {
    const told = pathError(cause, join(this.#directory, FILE_NAME), 'writing');
    const hint =
      'See journalctl -k: its disk may be failing. The agent is started again until it can write there; what it has begun stays as it is.';
    const error = told.reason === 'NO_SPACE' ? told : new UvsError('DISK_FAILED', told.message, { cause, hint });
    this.#broken.abort(error);
    return error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}

interface Replayed {
  readonly records: JournalRecord[];
  /** Where the next record goes. */
  readonly end: number;
  /** Of the last record. */
  readonly sequence: number;
  readonly isTorn: boolean;
}

function replay(bytes: Buffer, path: string): Replayed {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw corrupt(path, 0, 'it does not begin like a journal');
  }
  const records: JournalRecord[] = [];
  let sequence = Number(bytes.readBigUInt64LE(MAGIC.length));
  let at = HEADER_BYTES;
  for (;;) {
    const frame = readFrame(bytes, at, sequence + 1);
    if (frame === undefined) break;
    const value = parseJson(frame.payload);
    const parsed = v.safeParse(recordSchema, value);
    if (parsed.success) records.push(parsed.output);
    else if (!mayBeSkipped(value)) throw corrupt(path, at, `record ${sequence + 1} is not one that this agent knows`);
    sequence += 1;
    at += frame.length;
  }
  const isClean = isZero(bytes.subarray(at));
  if (!isClean) refuseUnlessTorn(bytes, at, sequence, path);
  return { records, end: at, sequence, isTorn: !isClean };
}

/** A tail may be cut only if a power cut can have made it: nothing good follows, and a sector of it was never written. */
function refuseUnlessTorn(bytes: Buffer, at: number, sequence: number, path: string): void {
  for (let from = at + 1; from + HEADER_BYTES <= bytes.length; from += 1) {
    for (let ahead = 2; ahead <= 4; ahead += 1) {
      if (readFrame(bytes, from, sequence + ahead) !== undefined)
        throw corrupt(path, at, `record ${sequence + 1} is damaged and good ones follow`);
    }
  }
  if (bytes.length - at < HEADER_BYTES) return;
  const length = bytes.readUInt32LE(at);
  if (length === 0) return; // the sector that begins the record was never written
  const end = at + HEADER_BYTES + length;
  if (length <= MAX_PAYLOAD_BYTES) {
    if (end > bytes.length) return;
    for (let from = at; from < end; from = (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES) {
      if (isZero(bytes.subarray(from, Math.min(end, (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES)))) return;
    }
  }
  throw corrupt(path, at, `record ${sequence + 1} is damaged`);
}

function readFrame(bytes: Buffer, at: number, sequence: number): { payload: Buffer; length: number } | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined;
  const length = bytes.readUInt32LE(at);
  if (length === 0 || length > MAX_PAYLOAD_BYTES || at + HEADER_BYTES + length > bytes.length) return undefined;
  if (bytes.readUInt32LE(at + 4) !== sequence >>> 0) return undefined;
  const payload = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
  if (!check(bytes.subarray(at, at + 8), payload).equals(bytes.subarray(at + 8, at + HEADER_BYTES))) return undefined;
  return { payload, length: HEADER_BYTES + length };
}

function encodeFrame(record: JournalRecord, sequence: number): Buffer {
  const payload = Buffer.from(JSON.stringify(record));
  if (payload.length > MAX_PAYLOAD_BYTES) throw new UvsError('INTERNAL', `a journal record of ${payload.length} bytes is too large`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(sequence >>> 0, 4);
  check(header.subarray(0, 8), payload).copy(header, 8);
  return Buffer.concat([header, payload]);
}

/** @param lastSequence of the last record there has been: the new file's count goes on from it, so no old record fits in. */
function encode(records: readonly JournalRecord[], lastSequence: number): Buffer {
  const frames = records.map((record, index) => encodeFrame(record, lastSequence + 1 + index));
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeBigUInt64LE(BigInt(lastSequence), MAGIC.length);
  const used = Buffer.concat([header, ...frames]);
  return Buffer.concat([used, Buffer.alloc(Math.max(0, PREALLOCATED_BYTES - used.length))]);
}

function check(header: Buffer, payload: Buffer): Buffer {
  return createHash('sha256').update(header).update(payload).digest().subarray(0, CHECK_BYTES);
}

async function writeNew(directory: string, bytes: Buffer): Promise<void> {
  const temporary = join(directory, `${FILE_NAME}.new`);
  await unlinkIfThere(temporary);
  {
    await using file = await DiskFile.open(temporary, 'wx', 0o600);
    await file.write(bytes, 0);
    await file.sync();
  }
  await rename(temporary, join(directory, FILE_NAME));
  await syncDirectory(directory);
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function corrupt(path: string, at: number, what: string): UvsError {
  return new UvsError('JOURNAL_CORRUPT', `${path}: at byte ${at}: ${what}`, {
    hint: 'The disk may be failing. Save the file, check the node by hand against the release, then move the journal away. Originals of what it had begun are in /.uvs-staging/OPERATION/old.',
  });
}
