import { createHash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { UvsError } from '../../common/errors.ts';
import type { Clock } from '../ports.ts';
import type { Begun } from './upload-shares.ts';

/** A blob that is being received: bytes so far, and their hash, which is never computed twice. */
export class Incoming implements Begun {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly by: string | undefined;
  readonly path: string;
  readonly #file: FileHandle;
  readonly #clock: Clock;
  readonly #hash = createHash('sha256');
  #received = 0;
  #lastMs: number;
  #isComplete = false;
  /** Somebody writes to it at this moment. */
  isBusy = false;

  private constructor({ digest, sizeBytes, by }: Omit<Begun, 'received'>, path: string, file: FileHandle, clock: Clock) {
    this.digest = digest;
    this.sizeBytes = sizeBytes;
    this.by = by;
    this.path = path;
    this.#file = file;
    this.#clock = clock;
    this.#lastMs = clock.monotonicMs();
  }

  static async begin(blob: Omit<Begun, 'received'>, path: string, clock: Clock): Promise<Incoming> {
    const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
      throw writeError(path, error);
    });
    return new Incoming(blob, path, file, clock);
  }

  get received(): number {
    return this.#received;
  }

  idleMs(): number {
    return this.#clock.monotonicMs() - this.#lastMs;
  }

  /** @throws UvsError NO_SPACE, INVALID_ARGUMENT (more bytes than announced) */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#received + chunk.length > this.sizeBytes) {
      throw new UvsError('INVALID_ARGUMENT', `more than the announced ${this.sizeBytes} bytes were sent for ${this.digest}`);
    }
    try {
      for (let done = 0; done < chunk.length;) {
        const { bytesWritten } = await this.#file.write(chunk, done, chunk.length - done, this.#received + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw writeError(this.path, error);
    }
    this.#hash.update(chunk);
    this.#received += chunk.length;
    this.#lastMs = this.#clock.monotonicMs();
  }

  /** Makes the bytes durable and compares their hash, once. @throws UvsError PACKAGE_CORRUPT, NO_SPACE */
  async complete(): Promise<void> {
    if (this.#isComplete) return;
    const digest = this.#hash.digest('hex');
    if (digest !== this.digest) {
      throw new UvsError('PACKAGE_CORRUPT', `the bytes sent have the sha256 ${digest}, announced was ${this.digest}`, {
        hint: 'The file changed on the way or while it was read; send it again.',
      });
    }
    try {
      await this.#file.sync();
    } catch (error) {
      throw writeError(this.path, error);
    }
    this.#isComplete = true;
    await this.#file.close();
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(this.path, { force: true });
  }
}

/** What a failure to write means. */
export function writeError(path: string, error: unknown): UvsError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UvsError('NO_SPACE', `the disk that holds ${path} is full`, {
      hint: 'Delete packages that nobody needs, or give it more space.',
      cause: error,
    });
  }
  return new UvsError('INTERNAL', `${path} can't be written`, { cause: error });
}
