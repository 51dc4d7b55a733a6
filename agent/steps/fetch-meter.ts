import { performance } from 'node:perf_hooks';
import type { Manifest } from '../../common/upd/manifest.ts';

/** Between two messages. */
const INTERVAL_MS = 500;

/** Tells how far the fetching is: "Fetching 42 % 38 MB/s", in stored bytes. */
export class FetchMeter {
  readonly #manifest: Manifest;
  readonly #say: (message: string, percent: number) => void;
  readonly #totalBytes: number;
  #segment: number;
  #saidAtMs = performance.now();
  #saidBytes: number;

  /** @param firstSegment those before it are there from an earlier run */
  constructor(manifest: Manifest, firstSegment: number, say: (message: string, percent: number) => void) {
    this.#manifest = manifest;
    this.#say = say;
    this.#segment = firstSegment - 1;
    const last = manifest.segments.at(-1);
    this.#totalBytes = last === undefined ? 0 : last.offset + last.length;
    this.#saidBytes = this.#bytesBefore(firstSegment);
    say(`Fetching ${this.#percent(this.#saidBytes)} %`, this.#percent(this.#saidBytes));
  }

  /** Notes that a segment is being used. Returns whether it is a new one. */
  at(segment: number): boolean {
    if (segment <= this.#segment) return false;
    this.#segment = segment;
    const nowMs = performance.now();
    const bytes = this.#bytesBefore(segment + 1);
    const isLast = segment === this.#manifest.segments.length - 1;
    if (nowMs - this.#saidAtMs < INTERVAL_MS && !isLast) return true;
    const rate = (bytes - this.#saidBytes) / 1e3 / Math.max(1, nowMs - this.#saidAtMs);
    this.#say(`Fetching ${this.#percent(bytes)} % ${rate < 10 ? rate.toFixed(1) : rate.toFixed(0)} MB/s`, this.#percent(bytes));
    this.#saidAtMs = nowMs;
    this.#saidBytes = bytes;
    return true;
  }

  #bytesBefore(segment: number): number {
    return this.#manifest.segments[segment]?.offset ?? this.#totalBytes;
  }

  #percent(bytes: number): number {
    return this.#totalBytes === 0 ? 100 : Math.floor((bytes * 100) / this.#totalBytes);
  }
}
