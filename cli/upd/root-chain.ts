import { readSmallFile } from './files.ts';
import { encodeTrustFile, followTrustFile, parseTrustFile } from './root/trust-file.ts';

/** Reads a chain that packages are to carry; one whose last version lacks signatures would have every node refuse them. @throws UvsError ROOT_INVALID */
export async function readRootChain(path: string): Promise<Uint8Array> {
  const bytes = await readSmallFile(path);
  const file = parseTrustFile(bytes, path);
  followTrustFile(file);
  return encodeTrustFile(file);
}
