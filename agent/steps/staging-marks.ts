import { stateOf, type OperationContext } from '../operation-context.ts';

/**
 * Syncs what is staged now and then, while the staging goes on, and records how far it is: that much is not fetched again after a crash. Dispose it
 * before the staging area goes.
 */
export class StagingMarks implements AsyncDisposable {
  readonly #context: OperationContext;
  readonly #mounts: readonly string[];
  #marked: number;
  #unsyncedBytes = 0;
  #underway: Promise<void> = Promise.resolve();

  constructor(context: OperationContext, mounts: readonly string[]) {
    this.#context = context;
    this.#mounts = mounts;
    this.#marked = stateOf(context).markedSegments;
  }

  /** Everything before this segment is staged. Waits for an earlier sync where the disk does not keep up. */
  async reached(segment: number): Promise<void> {
    if (segment <= this.#marked || this.#unsyncedBytes < this.#context.bounds.markEveryBytes) return;
    await this.#underway;
    this.#marked = segment;
    this.#unsyncedBytes = 0;
    this.#underway = this.#mark(segment);
    this.#underway.catch(() => undefined); // thrown by whoever waits for it next
  }

  wrote(bytes: number): void {
    this.#unsyncedBytes += bytes;
  }

  /** Resolves when what was begun is recorded. */
  settled(): Promise<void> {
    return this.#underway;
  }

  async #mark(segments: number): Promise<void> {
    const { staging, journal, operation, ports } = this.#context;
    await staging.sync(this.#mounts);
    await journal.append({ kind: 'marked', operation, segments, bases: [...this.#mounts] });
    ports.failpoints.pass('segments-marked');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#underway.catch(() => undefined);
  }
}
