import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { UvsError } from '../errors.ts';

/** Bytes that the builder reads: a file of the builder's machine, or given. */
export type ContentOrigin = { readonly file: string } | { readonly bytes: Uint8Array };

export interface Measured {
  readonly size: number;
  /** sha256 (hex). */
  readonly sha256: string;
}

const READ_BYTES = 1024 * 1024;

/** Reads an origin in blocks of at most 1 MiB; a block is overwritten by the next one. @throws UvsError NOT_FOUND, INVALID_ARGUMENT */
export async function* readOrigin(origin: ContentOrigin, block: Buffer, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  if ('bytes' in origin) {
    yield origin.bytes;
    return;
  }
  await using file = await openOrigin(origin.file);
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(block, 0, block.length);
    if (bytesRead === 0) return;
    yield block.subarray(0, bytesRead);
  }
}

/** A buffer for `readOrigin`. */
export function originBlock(): Buffer {
  return Buffer.allocUnsafe(READ_BYTES);
}

/** Finds out size and hash of an origin. */
export async function measureOrigin(origin: ContentOrigin, block: Buffer, signal: AbortSignal): Promise<Measured> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const bytes of readOrigin(origin, block, signal)) {
    hash.update(bytes);
    size += bytes.length;
  }
  return { size, sha256: hash.digest('hex') };
}

/** Names an origin in errors. */
export function nameOrigin(origin: ContentOrigin): string {
  return 'file' in origin ? origin.file : 'given content';
}

async function openOrigin(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw new UvsError('NOT_FOUND', `${path} can't be read: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'Check the path in the spec and its permissions.',
      cause: error,
    });
  }
}
