import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UvsError } from '../errors.ts';
import { originBlock } from './content-origin.ts';

/**
 * Puts head and segments together under a temporary name, and that in the place of `path` once it is on the disk.
 * @param segmentsAt where in their file the segments begin; they go on to its end.
 * @param giveName puts it under its name, unless it may take the place of a file that is there
 */
export async function assemble(
  path: string,
  head: Buffer,
  segmentFile: FileHandle,
  signal: AbortSignal,
  segmentsAt = 0,
  giveName: (temporary: string, path: string) => Promise<void> = rename,
): Promise<{ readonly digest: string; readonly sizeBytes: number }> {
  const hash = createHash('sha256').update(head);
  const temporary = await createTemporary(`${path}.tmp-${randomBytes(6).toString('hex')}`);
  let sizeBytes = head.length;
  try {
    try {
      await temporary.file.writeFile(head);
      const block = originBlock();
      for (let position = segmentsAt; ;) {
        signal.throwIfAborted();
        const { bytesRead } = await segmentFile.read(block, 0, block.length, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        const bytes = block.subarray(0, bytesRead);
        hash.update(bytes);
        await temporary.file.writeFile(bytes);
        sizeBytes += bytesRead;
      }
      await temporary.file.sync();
    } finally {
      await temporary.file.close();
    }
    await giveName(temporary.path, path);
  } catch (error) {
    await rm(temporary.path, { force: true });
    throw error;
  }
  await using directory = await open(dirname(path), 'r');
  await directory.sync();
  return { digest: hash.digest('hex'), sizeBytes };
}

/** Makes a new file. @throws UvsError NOT_FOUND where the directory is not there or can't be written to */
export async function createTemporary(path: string): Promise<{ readonly path: string; readonly file: FileHandle }> {
  try {
    return { path, file: await open(path, 'wx+', 0o644) };
  } catch (error) {
    throw new UvsError('NOT_FOUND', `${dirname(path)} can't be written to: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'Make the directory, or choose another one with -o.',
      cause: error,
    });
  }
}
