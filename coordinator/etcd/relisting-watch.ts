import type { Etcd, KeyValue } from './port.ts';
import { rangeAll } from './port.ts';

/** How long after a lost watch the keys are listed again. */
const RELIST_DELAY_MS = 500;
/** How often a watch that says nothing is checked against a listing. */
const CHECK_MS = 5_000;

export interface Listing {
  readonly revision: number;
  readonly entries: ReadonlyMap<string, KeyValue>;
}

/**
 * Tells what is under a prefix, now and after each change, for as long as it is not disposed: lists, watches from there, and after
 * whatever ends the watch (a lost connection, a compacted revision) lists again. A member of etcd that is cut off from the others keeps its
 * watches open and silent for ever, so what is known is compared with a listing, which is linearizable, every few seconds. What it tells
 * is for showing and waking only; decisions read.
 */
export class RelistingWatch implements Disposable {
  readonly #etcd: Etcd;
  readonly #prefix: string;
  readonly #listener: (listing: Listing) => void;
  readonly #onTrouble: (error: Error) => void;
  #watch: Disposable | undefined;
  #timer: NodeJS.Timeout | undefined;
  #check: NodeJS.Timeout | undefined;
  readonly #checkMs: number;
  #isOver = false;

  constructor(
    etcd: Etcd,
    prefix: string,
    listener: (listing: Listing) => void,
    onTrouble: (error: Error) => void = () => undefined,
    checkMs = CHECK_MS,
  ) {
    this.#checkMs = checkMs;
    this.#etcd = etcd;
    this.#prefix = prefix;
    this.#listener = listener;
    this.#onTrouble = onTrouble;
    void this.#list();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#check);
    this.#watch?.[Symbol.dispose]();
  }

  async #list(): Promise<void> {
    try {
      const { revision, entries } = await rangeAll(this.#etcd, this.#prefix);
      if (this.#isOver) return;
      const known = new Map(entries.map((entry) => [entry.key, entry]));
      this.#listener({ revision, entries: known });
      this.#watch = this.#etcd.watch(this.#prefix, revision + 1, {
        events: (events) => {
          let revisionNow = revision;
          for (const event of events) {
            if (event.kind === 'put') known.set(event.entry.key, event.entry);
            else known.delete(event.key);
            revisionNow = Math.max(revisionNow, event.kind === 'put' ? event.entry.modRevision : event.modRevision);
          }
          this.#tell({ revision: revisionNow, entries: known });
        },
        ended: (error) => this.#again(error),
      });
      this.#checkLater(known);
    } catch (error) {
      this.#again(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #checkLater(known: ReadonlyMap<string, KeyValue>): void {
    if (this.#isOver) return;
    this.#check = setTimeout(() => void this.#compare(known), this.#checkMs);
    this.#check.unref();
  }

  async #compare(known: ReadonlyMap<string, KeyValue>): Promise<void> {
    const watch = this.#watch;
    try {
      const { entries } = await rangeAll(this.#etcd, this.#prefix);
      // ended or begun anew meanwhile, and so is its check
      if (this.#isOver || watch !== this.#watch) return;
      const isSame = entries.length === known.size && entries.every((entry) => known.get(entry.key)?.modRevision === entry.modRevision);
      if (isSame) return this.#checkLater(known);
      watch?.[Symbol.dispose]();
      void this.#list();
    } catch (error) {
      this.#onTrouble(error instanceof Error ? error : new Error(String(error)));
      if (watch === this.#watch) this.#checkLater(known);
    }
  }

  #tell(listing: Listing): void {
    if (this.#isOver) return;
    try {
      this.#listener(listing);
    } catch (error) {
      // a record that can't be read; it may be put right
      this.#watch?.[Symbol.dispose]();
      this.#again(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #again(error: Error): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    clearTimeout(this.#check);
    this.#watch = undefined;
    this.#onTrouble(error);
    this.#timer = setTimeout(() => void this.#list(), RELIST_DELAY_MS);
  }
}
