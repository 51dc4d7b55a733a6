import type { Measured } from './content-origin.ts';
import type { Extent } from './manifest.ts';

/** Plain bytes of every segment but the last: a node holds several pieces of that size at once. With 4 MiB packages are 3 % smaller, and an agent 10 MiB larger. */
export const CHUNK_BYTES = 2 * 1024 * 1024;

/** Where each content lies when all different ones stand one after the other and are cut into segments of CHUNK_BYTES. */
export class Layout {
  readonly #extents = new Map<string, readonly Extent[]>();
  #plainBytes = 0;

  /** Gives a content its place. @returns whether it is new; the same content again shares the place it has */
  add({ size, sha256 }: Measured): boolean {
    if (this.#extents.has(sha256)) return false;
    const extents: Extent[] = [];
    for (let done = 0; done < size;) {
      const offset = (this.#plainBytes + done) % CHUNK_BYTES;
      const length = Math.min(size - done, CHUNK_BYTES - offset);
      extents.push({ segment: Math.floor((this.#plainBytes + done) / CHUNK_BYTES), offset, length });
      done += length;
    }
    this.#extents.set(sha256, extents);
    this.#plainBytes += size;
    return true;
  }

  extentsOf({ sha256 }: Measured): readonly Extent[] {
    return this.#extents.get(sha256) ?? [];
  }

  get plainBytes(): number {
    return this.#plainBytes;
  }

  get segmentCount(): number {
    return Math.ceil(this.#plainBytes / CHUNK_BYTES);
  }
}
