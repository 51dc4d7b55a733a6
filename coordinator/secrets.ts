import { readFile, stat } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { identityToRecipient } from 'age-encryption';
import * as v from 'valibot';
import type { Credential } from '../common/credential.ts';
import { UvsError } from '../common/errors.ts';
import { isKeyOf } from '../common/key-pair.ts';
import { loadAuthority, type Authority } from '../common/pki.ts';
import { identityOf } from '../common/tls.ts';
import { parseIdentities } from '../common/upd/identities.ts';
import { parseRoot, type TrustedRoot } from '../common/upd/root.ts';
import type { CoordinatorConfig } from './config.ts';
import type { CredentialRecord } from './core.ts';

/** All that a coordinator reads once from the files that its configuration names. */
export interface Secrets {
  /** Its own, with which it serves and speaks to the other coordinators. */
  readonly credential: Credential;
  readonly authority: Authority;
  readonly root: TrustedRoot;
  /** age identities for the keys of encrypted packages: the one for which new ones are made, then those before it. */
  readonly packageIdentities: readonly string[];
  /** Of the first of them; '' where there is none. */
  readonly packageRecipient: string;
}

/** @throws UvsError CONFIG_INVALID naming the file, ROOT_INVALID */
export async function readSecrets(config: CoordinatorConfig, ownAddress: string): Promise<Secrets> {
  const { certificates, packages, cluster, id } = config;
  const authorityPem = await readText(certificates.authority);
  const certificate = await readText(certificates.certificate);
  demandOwn(certificate, config);
  const key = await readKey(certificates.key, certificate, certificates.certificate);
  const authorityKey = await readKey(certificates.authorityKey, authorityPem, certificates.authority);
  const packageIdentities = packages.identity === undefined ? [] : await readPackageIdentities(packages.identity);
  const [newest] = packageIdentities;
  return {
    credential: {
      cluster,
      identity: `coordinator/${id}`,
      coordinators: [ownAddress],
      authority: authorityPem,
      certificate,
      key,
    },
    authority: await loadAuthority(authorityPem, authorityKey),
    root: parseRoot(await readBytes(packages.root)),
    packageIdentities,
    packageRecipient: newest === undefined ? '' : await identityToRecipient(newest),
  };
}

const issuedSchema = v.array(
  v.strictObject({
    serial: v.pipe(v.string(), v.regex(/^[0-9a-f]{1,64}$/)),
    fingerprint: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    identity: v.string(),
    issuedAt: v.number(),
    isWithdrawn: v.boolean(),
  }),
);

/** Certificates that `init` or `add` made before anybody could record them; none where the file is missing. */
export async function readIssued(path: string): Promise<readonly CredentialRecord[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw unreadable(path, error);
  }
  try {
    return v.parse(issuedSchema, JSON.parse(text));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Reads a text file. @throws UvsError CONFIG_INVALID */
export async function readText(path: string): Promise<string> {
  return (await readBytes(path)).toString('utf8');
}

/** Reads a file that only its owner may read. @throws UvsError CONFIG_INVALID */
export async function readSecret(path: string): Promise<string> {
  const text = await readText(path);
  if (((await stat(path)).mode & 0o077) === 0) return text;
  throw new UvsError('CONFIG_INVALID', `${path} is a secret and can be read by others`, { hint: `Run: chmod 600 ${path}` });
}

async function readKey(path: string, certificatePem: string, certificatePath: string): Promise<string> {
  const key = await readSecret(path);
  if (isKeyOf(key, certificatePem)) return key;
  throw new UvsError('CONFIG_INVALID', `${path} is not the key of the certificate ${certificatePath}`, {
    hint: 'Take both files from the same `uvs-coordinator init` or `add`.',
  });
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Reads the identities for the keys of packages, the newest first. @throws UvsError CONFIG_INVALID */
export async function readPackageIdentities(path: string): Promise<readonly string[]> {
  try {
    const identities = parseIdentities(await readSecret(path), path);
    for (const identity of identities) await identityToRecipient(identity);
    return identities;
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'CONFIG_INVALID') throw error;
    // The library's message may quote the identity.
    const problem = error instanceof UvsError ? error.message : `${path} holds an age identity that is damaged`;
    throw new UvsError('CONFIG_INVALID', problem, { hint: 'Take the file of another coordinator of this cluster.' });
  }
}

function demandOwn(certificatePem: string, { certificates, cluster, id }: CoordinatorConfig): void {
  let found: string;
  try {
    const identity = identityOf(new X509Certificate(certificatePem));
    found = `${identity.kind} ${identity.id} of ${identity.cluster}`;
  } catch (error) {
    throw unreadable(certificates.certificate, error);
  }
  if (found === `coordinator ${id} of ${cluster}`) return;
  throw new UvsError(
    'CONFIG_INVALID',
    `${certificates.certificate} is the certificate of ${found}, the configuration is of coordinator ${id} of ${cluster}`,
    {
      hint: 'Each coordinator has a certificate of its own: uvs-coordinator add.',
    },
  );
}

function unreadable(path: string, cause: unknown): UvsError {
  return new UvsError('CONFIG_INVALID', `${path} can't be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
    hint: 'Check the path in the configuration and that the coordinator may read the file; `uvs-coordinator init` and `add` make all of them.',
    cause,
  });
}
