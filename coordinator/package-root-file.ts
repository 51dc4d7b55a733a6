import { readFile } from 'node:fs/promises';
import { writeFileAtomically } from '../common/atomic-file.ts';
import type { PackageRootStore } from './core/package-roots.ts';

/** Keeps in one file the chain of root files that this coordinator knows. */
export function packageRootFile(path: string): PackageRootStore {
  return {
    async read(): Promise<Uint8Array | undefined> {
      try {
        return await readFile(path);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    write: async (chain) => await writeFileAtomically(path, chain, 0o600),
  };
}
