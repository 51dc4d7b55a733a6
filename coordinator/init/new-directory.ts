import { randomBytes } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory, writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';

/** Content by path below the directory. */
export type NewFiles = Readonly<Record<string, string | Uint8Array>>;

const SECRET_MODE = 0o600;

/**
 * Writes files into a directory, all of them or none: they are made beside, synced, and then moved in, `last` at the end, whose presence
 * says that all is there. Nothing that exists is overwritten.
 * @returns the paths of all files and directories that were made.
 * @throws UvsError ALREADY_EXISTS naming the first thing in the way
 */
export async function writeNewDirectory(directory: string, files: NewFiles, last: string): Promise<readonly string[]> {
  const isNew = (await mkdir(directory, { recursive: true, mode: 0o700 })) !== undefined;
  const staging = join(directory, `.new-${randomBytes(6).toString('hex')}`);
  try {
    const tops = new Set(Object.keys(files).map((path) => path.split('/')[0] ?? path));
    for (const top of tops) await demandFree(join(directory, top));
    for (const [path, content] of Object.entries(files)) await writeFileAtomically(join(staging, path), content, SECRET_MODE);
    for (const top of [...tops].filter((name) => name !== last)) await rename(join(staging, top), join(directory, top));
    await syncDirectory(directory);
    await rename(join(staging, last), join(directory, last));
    await syncDirectory(directory);
    await syncDirectory(dirname(directory));
    const made = new Set([...tops, ...Object.keys(files)].map((path) => join(directory, path)));
    return isNew ? [directory, ...made] : [...made];
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function demandFree(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw new UvsError('ALREADY_EXISTS', `${path} exists; nothing is overwritten`, {
    hint: "Name another --dir, or move what is there away: it may be the only copy of a cluster's keys.",
    details: { path },
  });
}
