import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { CHUNK_BYTES } from './layout.ts';
import type { Segment } from './manifest.ts';
import { encryptSegment } from './segment-cipher.ts';

const compress = promisify(zstdCompress);

export interface SegmentWriterOptions {
  /** zstd level, 1 to 19. */
  readonly level: number;
  readonly id: string;
  /** How many segments there will be; it is part of what an encrypted segment authenticates. */
  readonly count: number;
  /** None: not encrypted. */
  readonly contentKey: Uint8Array | undefined;
  /** How many segments may be compressed at once; each holds about 4 MiB. */
  readonly concurrency: number;
}

/** Cuts a stream of plain bytes into segments and appends them to a file, compressed, encrypted and hashed. */
export class SegmentWriter {
  readonly segments: Segment[] = [];
  readonly #file: FileHandle;
  readonly #options: SegmentWriterOptions;
  #chunk: Buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #filled = 0;
  #index = 0;
  #offset = 0;
  readonly #underway: Promise<{ readonly stored: Buffer; readonly plain: Buffer; readonly plainLength: number }>[] = [];
  readonly #spare: Buffer[] = [];

  constructor(file: FileHandle, options: SegmentWriterOptions) {
    this.#file = file;
    this.#options = options;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const length = Math.min(bytes.length - done, CHUNK_BYTES - this.#filled);
      this.#chunk.set(bytes.subarray(done, done + length), this.#filled);
      this.#filled += length;
      done += length;
      if (this.#filled === CHUNK_BYTES) await this.#closeChunk();
    }
  }

  /** Writes what is left. */
  async end(): Promise<void> {
    if (this.#filled > 0) await this.#closeChunk();
    while (this.#underway.length > 0) await this.#storeOldest();
  }

  /** Waits for what is still being compressed, without storing it, after a failure elsewhere. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#underway.splice(0));
  }

  async #closeChunk(): Promise<void> {
    const sealing = this.#seal(this.#chunk, this.#filled, this.#index);
    sealing.catch(() => undefined); // awaited in its turn
    this.#underway.push(sealing);
    this.#index += 1;
    this.#filled = 0;
    if (this.#underway.length >= this.#options.concurrency) await this.#storeOldest();
    this.#chunk = this.#spare.pop() ?? Buffer.allocUnsafe(CHUNK_BYTES);
  }

  async #seal(chunk: Buffer, plainLength: number, index: number) {
    const { level, id, count, contentKey } = this.#options;
    const plain = chunk.subarray(0, plainLength);
    const frame = await compress(plain, {
      chunkSize: CHUNK_BYTES + 64 * 1024, // all of it in one piece, incompressible bytes included
      pledgedSrcSize: plainLength,
      params: {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_contentSizeFlag]: 1,
        [constants.ZSTD_c_checksumFlag]: 0,
      },
    });
    const stored = contentKey === undefined ? frame : encryptSegment(frame, contentKey, { id, index, count });
    return { stored, plain: chunk, plainLength };
  }

  async #storeOldest(): Promise<void> {
    const oldest = this.#underway.shift();
    if (oldest === undefined) return;
    const { stored, plain, plainLength } = await oldest;
    this.#spare.push(plain);
    const sha256 = createHash('sha256').update(stored).digest('hex');
    this.segments.push({ offset: this.#offset, length: stored.length, sha256, plainLength });
    await this.#file.writeFile(stored);
    this.#offset += stored.length;
  }
}
