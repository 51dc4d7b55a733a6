import type { JournalRecord } from '../../../agent/journal-record.ts';
import { diskAt, written, type Disk } from '../disk.ts';

/** Stands in for agent/journal.ts: the same memory, on a simulated disk. */
export class Journal implements AsyncDisposable {
  readonly #disk: Disk;
  readonly broken = new AbortController().signal;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(disk: Disk) {
    this.#disk = disk;
  }

  static async open(directory: string): Promise<Journal> {
    await written();
    return new Journal(diskAt(directory));
  }

  get records(): readonly JournalRecord[] {
    return this.#disk.records;
  }

  append(record: JournalRecord): Promise<void> {
    return this.#inTurn(async () => {
      await written(this.#disk.writeMs);
      this.#disk.records = [...this.#disk.records, record];
      await written(this.#disk.writeMs);
    });
  }

  compact(select: (records: readonly JournalRecord[]) => (record: JournalRecord) => boolean): Promise<void> {
    return this.#inTurn(async () => {
      await written(this.#disk.writeMs);
      this.#disk.records = this.#disk.records.filter(select(this.#disk.records));
    });
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(write);
    this.#writing = done.catch(() => undefined);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
  }
}
