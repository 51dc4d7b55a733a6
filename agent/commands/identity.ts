import { dirname } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';
import { lockBeside } from '../../common/flock.ts';
import { parseIdentities } from '../../common/upd/identities.ts';
import { mkdirs } from '../files/disk.ts';
import { readTextIfThere } from '../files/reading.ts';

/**
 * Returns the recipient ("age1…") of the node's own identity, for which a package is exported that no coordinator brings; makes the identity where there
 * is none. @throws UvsError INVALID_ARGUMENT where the file holds something else, BUSY
 */
export async function nodeRecipient(path: string): Promise<string> {
  const known = await readRecipient(path);
  if (known !== undefined) return known;
  await mkdirs(dirname(path), 0o700);
  // who makes one beside this would print a recipient that opens nothing
  await using lock = await lockBeside(path);
  if (lock === undefined) {
    throw new UvsError('BUSY', `${path} is being made by somebody else at this moment`, { hint: 'Run: uvs-agent identity, once more.' });
  }
  return (await readRecipient(path)) ?? (await makeIdentity(path));
}

async function readRecipient(path: string): Promise<string | undefined> {
  const there = await readTextIfThere(path);
  const [own] = there === undefined ? [] : parseIdentities(there, path);
  return own === undefined ? undefined : await identityToRecipient(own);
}

async function makeIdentity(path: string): Promise<string> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  await writeFileAtomically(path, `# public key: ${recipient}\n${identity}\n`, 0o600);
  return recipient;
}
