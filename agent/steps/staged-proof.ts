import { UvsError } from '../../common/errors.ts';
import type { Content } from '../../common/upd/manifest.ts';
import type { OperationContext } from '../operation-context.ts';
import { DeviceReading, mismatch } from './device-reading.ts';
import type { StagedContent } from './staged-content.ts';

export interface StagedProofParts {
  readonly context: Pick<OperationContext, 'proven' | 'say' | 'tell'>;
  readonly contents: readonly StagedContent[];
  /** Asked where a content is wrong: whether it is so in the package already. */
  readonly isBadInPackage: (content: Content) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/**
 * Reads every staged content back from the device, past the page cache, and compares it with the manifest: what the disk does not give back as it
 * was written is found before anything is committed, and before a slot is asked for. Begins with what is synced while the rest is still
 * being fetched, and says aloud where the device was not reached. Dispose it before the staging area goes.
 */
export class StagedProof implements AsyncDisposable {
  readonly #parts: StagedProofParts;
  readonly #reading = new DeviceReading();
  /** By the segment that completes them, first ones first; those from `#read` on are still to be read. */
  readonly #early: readonly StagedContent[];
  #read = 0;
  readonly #late: readonly StagedContent[];
  #underway: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(parts: StagedProofParts) {
    this.#parts = parts;
    const ordered = parts.contents.toSorted((a, b) => a.lastSegment - b.lastSegment);
    // the kernel's count tells of the device only while nothing else is read, so that one of each mount is left for then
    const late = new Set(new Map(ordered.map((content) => [content.base, content])).values());
    this.#early = ordered.filter((content) => !late.has(content));
    this.#late = [...late];
  }

  /** Everything before this segment is synced. @throws UvsError that reading back earlier ones ended with */
  async synced(segment: number): Promise<void> {
    const from = this.#read;
    while ((this.#early[this.#read]?.lastSegment ?? Infinity) < segment && this.#early[this.#read]?.isFinished === true) this.#read += 1;
    const batch = this.#early.slice(from, this.#read);
    if (batch.length === 0) return;
    await this.#underway;
    this.#underway = this.#prove(batch);
    this.#underway.catch(() => undefined); // thrown by whoever waits for it next
  }

  /** Reads what is left, once everything is synced. @throws UvsError READBACK_MISMATCH, PACKAGE_CORRUPT */
  async finish(): Promise<void> {
    const { contents, context } = this.#parts;
    if (contents.length === 0) return;
    context.say(`Reading back ${contents.length} contents`);
    await this.#underway;
    this.#reading.countFromHere();
    await this.#prove([...this.#early.slice(this.#read), ...this.#late]);
    context.tell(this.#reading.judge());
  }

  async #prove(contents: readonly StagedContent[]): Promise<void> {
    await DeviceReading.each(contents, async (staged) => {
      this.#parts.signal.throwIfAborted();
      this.#stopping.signal.throwIfAborted();
      const read = await this.#reading.read(staged.address(), staged.name);
      if (read.sha256 !== staged.content.sha256) {
        if (await this.#parts.isBadInPackage(staged.content).catch(() => false))
          throw new UvsError('PACKAGE_CORRUPT', `the content of ${staged.name} is not what the manifest says`);
        throw mismatch(staged.name, 'is not on the device as it was written');
      }
      this.#parts.context.proven.add(read.inode, read.sha256);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#underway.catch(() => undefined);
  }
}
