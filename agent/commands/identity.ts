import { readFile } from 'node:fs/promises';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { parseIdentities } from '../../common/upd/identities.ts';
import { isErrno } from '../files/errno.ts';

/**
 * Returns the recipient ("age1…") of the node's own identity, for which a package is exported that no coordinator brings; makes the identity where there
 * is none. @throws UvsError INVALID_ARGUMENT where the file holds something else
 */
export async function nodeRecipient(path: string): Promise<string> {
  const there = await readIfThere(path);
  const [own] = there === undefined ? [] : parseIdentities(there, path);
  if (own !== undefined) return await identityToRecipient(own);
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  await writeFileAtomically(path, `# public key: ${recipient}\n${identity}\n`, 0o600);
  return recipient;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
