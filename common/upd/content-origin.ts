import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { UvsError } from '../errors.ts';

/** Bytes that the builder reads: a file of the builder's machine, or given. */
export type ContentOrigin = { readonly file: string } | { readonly bytes: Uint8Array };

export interface Measured {
  readonly size: number;
  /** sha256 (hex). */
  readonly sha256: string;
}

/** A buffer for `readOrigin`. */
export function originBlock(): Buffer {
  return Buffer.allocUnsafe(1024 * 1024);
}

/**
 * Reads an origin block by block; a block is overwritten by the next one. It reads synchronously: a build opens tens of thousands of small
 * files, and the asynchronous way takes ten times as long for them.
 * @throws UvsError NOT_FOUND
 */
export function* readOrigin(origin: ContentOrigin, block: Buffer): Generator<Uint8Array, void, undefined> {
  if ('bytes' in origin) {
    yield origin.bytes;
    return;
  }
  const descriptor = attempt(origin.file, () => openSync(origin.file, 'r'));
  try {
    for (;;) {
      const length = attempt(origin.file, () => readSync(descriptor, block, 0, block.length, null));
      if (length === 0) return;
      yield block.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Finds out size and hash of an origin. @throws UvsError NOT_FOUND */
export function measureOrigin(origin: ContentOrigin, block: Buffer): Measured {
  const hash = createHash('sha256');
  let size = 0;
  for (const bytes of readOrigin(origin, block)) {
    hash.update(bytes);
    size += bytes.length;
  }
  return { size, sha256: hash.digest('hex') };
}

/** Names an origin in errors. */
export function nameOrigin(origin: ContentOrigin): string {
  return 'file' in origin ? origin.file : 'given content';
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new UvsError('NOT_FOUND', `${path} can't be read: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'Check the path in the spec and its permissions.',
      cause: error,
    });
  }
}
