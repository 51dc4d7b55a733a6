import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';
import { lockBeside } from '../../common/flock.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { readUnverified } from '../../common/upd/open.ts';
import { unwrapContentKey } from '../../common/upd/recipients.ts';
import { readCoordinatorConfig } from '../config.ts';
import { layout } from '../layout.ts';
import { readPackageIdentities } from '../secrets.ts';

/** Recipients of a cluster's identities: the one for which new packages are encrypted, and those that still open older ones. */
export interface PackageRecipients {
  readonly path: string;
  readonly newest: string;
  readonly others: readonly string[];
}

/** @throws UvsError CONFIG_INVALID */
export async function packageRecipients(directory: string): Promise<PackageRecipients> {
  const { path } = await placesOf(directory);
  return await describe(path, await readPackageIdentities(path));
}

/** Makes a new identity, for which packages are encrypted from now on; those before it go on opening what is there. @throws UvsError CONFIG_INVALID, BUSY */
export async function rotatePackageIdentity(directory: string): Promise<PackageRecipients> {
  const { path } = await placesOf(directory);
  await using _lock = await lockAgainstOthers(path);
  const rotated = [await generateX25519Identity(), ...(await readPackageIdentities(path))];
  await write(path, rotated);
  return await describe(path, rotated);
}

/**
 * Takes an identity out of use: what is encrypted for it alone opens no more.
 * @param isForced also where packages that this coordinator holds are
 * @throws UvsError BUSY; NOT_FOUND; NOT_ALLOWED_NOW for the newest, and for one that packages need, which are named
 */
export async function retirePackageIdentity(
  directory: string,
  recipient: string,
  isForced: boolean,
  signal: AbortSignal,
): Promise<PackageRecipients> {
  const { path, packages } = await placesOf(directory);
  await using _lock = await lockAgainstOthers(path);
  const identities = await readPackageIdentities(path);
  const named = await Promise.all(identities.map(async (identity) => ({ identity, recipient: await identityToRecipient(identity) })));
  const retired = named.find((one) => one.recipient === recipient);
  if (retired === undefined) {
    throw new UvsError('NOT_FOUND', `${path} has no identity of ${recipient}`, { hint: 'See: uvs-coordinator package-identity show' });
  }
  if (retired.identity === identities[0]) {
    throw new UvsError('NOT_ALLOWED_NOW', `${recipient} is the one for which new packages are encrypted`, {
      hint: 'Make another one first: uvs-coordinator package-identity rotate',
    });
  }
  const left = identities.filter((identity) => identity !== retired.identity);
  const bound = isForced ? [] : await packagesThatNeed(packages, retired.identity, left, signal);
  if (bound.length > 0) {
    throw new UvsError('NOT_ALLOWED_NOW', `${bound.length} packages are encrypted for it alone: ${bound.join(', ')}`, {
      hint: 'Remove them (uvsctl packages rm), or bring them anew for the newest (upd export, uvsctl packages upload); or let them go with --force.',
    });
  }
  await write(path, left);
  return await describe(path, left);
}

async function packagesThatNeed(folder: string, retired: string, left: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const bound: string[] = [];
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => /^[0-9a-f]{64}$/.test(one))) {
    await using source = await openFileSource(join(folder, name));
    const { manifest, recipients } = await readUnverified(source, signal);
    if (manifest.encryption === undefined || (await opens(recipients, left)) || !(await opens(recipients, [retired]))) continue;
    bound.push(`${manifest.version} (${name.slice(0, 12)})`);
  }
  return bound;
}

async function opens(recipients: Uint8Array, identities: readonly string[]): Promise<boolean> {
  try {
    await unwrapContentKey(recipients, ...identities);
    return true;
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'KEY_WRONG') return false;
    throw error;
  }
}

/** What is read to be changed is nobody else's to change meanwhile: a new identity that is lost may be one that packages are encrypted for already. */
async function lockAgainstOthers(path: string): Promise<AsyncDisposable> {
  const lock = await lockBeside(path);
  if (lock !== undefined) return lock;
  throw new UvsError('BUSY', `somebody else is changing ${path} at this moment; nothing was changed here`, {
    hint: 'See what they have done before you go on: uvs-coordinator package-identity show',
  });
}

/** @returns the identity file, and the folder of this coordinator's packages */
async function placesOf(directory: string): Promise<{ readonly path: string; readonly packages: string }> {
  const { packages, dataDir } = await readCoordinatorConfig(join(directory, layout.config), '--dir');
  const path = packages.identity;
  if (path === undefined) {
    throw new UvsError('CONFIG_INVALID', `the configuration in ${directory} names no identity for encrypted packages`, {
      hint: 'Configure one: [packages] identity.',
    });
  }
  return { path, packages: join(dataDir, 'packages') };
}

/** Whoever could read the file before, the daemon's user, reads the new one. */
async function write(path: string, identities: readonly string[]): Promise<void> {
  const { uid, gid } = await stat(path);
  const lines = await Promise.all(
    identities.map(async (identity) => `# public key: ${await identityToRecipient(identity)}\n${identity}\n`),
  );
  await writeFileAtomically(path, lines.join(''), 0o600, { uid, gid });
}

async function describe(path: string, identities: readonly string[]): Promise<PackageRecipients> {
  const [newest = '', ...others] = await Promise.all(identities.map((identity) => identityToRecipient(identity)));
  return { path, newest, others };
}
