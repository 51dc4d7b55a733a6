import { createCipheriv } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const CHUNK_BYTES = 64;
const WORDS = 512;
/** How many chunks of a hundred do not compress; with it 300 MB become about 90 MB. */
const RANDOM_PERCENT = 26;
const FOLDERS = 60;

/**
 * Writes the same tree every time: `files` files of `totalBytes` together, sizes from a kilobyte to megabytes, of which part compresses
 * as programs do.
 */
export async function writeContent(folder: string, files: number, totalBytes: number): Promise<void> {
  const random = randomStream('content');
  const words = random(WORDS * CHUNK_BYTES);
  const weights = Array.from({ length: files }, () => skewed((random(4).readUInt32LE() + 1) / 2 ** 32));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  for (let place = 0; place < FOLDERS; place += 1) await mkdir(join(folder, `part${place}`), { recursive: true });
  for (const [place, weight] of weights.entries()) {
    const sizeBytes = Math.max(1, Math.round((weight / sum) * totalBytes));
    await writeFile(join(folder, `part${place % FOLDERS}`, `file${place}`), fileContent(sizeBytes, words, random));
  }
}

function fileContent(sizeBytes: number, words: Buffer, random: (length: number) => Buffer): Buffer {
  const chunks = Math.ceil(sizeBytes / CHUNK_BYTES);
  const content = random(chunks * CHUNK_BYTES);
  const dice = random(chunks * 3);
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    if ((dice[chunk * 3] ?? 0) * 100 < RANDOM_PERCENT * 256) continue;
    const word = dice.readUInt16LE(chunk * 3 + 1) % WORDS;
    words.copy(content, chunk * CHUNK_BYTES, word * CHUNK_BYTES, (word + 1) * CHUNK_BYTES);
  }
  return content.subarray(0, sizeBytes);
}

/** Many small files and a few large ones. */
function skewed(uniform: number): number {
  return 0.01 - Math.log(uniform) ** 3;
}

/** Bytes that are random and always the same. */
function randomStream(seed: string): (length: number) => Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  return (length) => cipher.update(Buffer.alloc(length));
}
