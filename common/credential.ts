import { readFile, stat } from 'node:fs/promises';
import * as v from 'valibot';
import { writeFileAtomically } from './atomic-file.ts';
import { UvsError } from './errors.ts';
import { isKeyOf } from './key-pair.ts';

/** Who its holder is and how the cluster is reached; the same file for nodes, operators and coordinators. */
export interface Credential {
  /** The cluster's name, as in every certificate's URI. */
  readonly cluster: string;
  /** "<kind>/<id>", e.g. "operator/alice". */
  readonly identity: string;
  /** gRPC addresses, host:port. */
  readonly coordinators: readonly string[];
  /** The cluster's certificate authority, PEM. */
  readonly authority: string;
  /** PEM. */
  readonly certificate: string;
  /** PKCS #8, PEM; a secret. */
  readonly key: string;
}

const MAX_CREDENTIAL_BYTES = 256 * 1024;

/** A host (IPv6 in brackets) and a port. */
export const coordinatorAddressSchema = v.pipe(
  v.string(),
  v.regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$/, 'must be host:port'),
);
const pem = (label: string) => v.pipe(v.string(), v.startsWith(`-----BEGIN ${label}-----`, `must be PEM of ${label}`));

const credentialSchema = v.strictObject({
  cluster: v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,63}$/)),
  identity: v.pipe(v.string(), v.regex(/^[a-z]+\/[A-Za-z0-9._-]{1,128}$/, 'must be kind/id')),
  coordinators: v.pipe(v.array(coordinatorAddressSchema), v.minLength(1, 'must name at least one coordinator')),
  authority: pem('CERTIFICATE'),
  certificate: pem('CERTIFICATE'),
  key: pem('PRIVATE KEY'),
});

/** Parses a credential; `path` is only named in errors, which never quote the content. */
export function parseCredential(text: string, path: string): Credential {
  const hint = 'Ask an admin to issue the credential again, or join the node again.';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // JSON.parse quotes the text in its message, which may be a key
    throw new UvsError('CONFIG_INVALID', `credential ${path} is not JSON`, { hint });
  }
  const parsed = v.safeParse(credentialSchema, json);
  if (parsed.success) {
    if (isKeyOf(parsed.output.key, parsed.output.certificate)) return parsed.output;
    throw new UvsError('CONFIG_INVALID', `credential ${path}: 'key' is not the key of 'certificate'`, { hint });
  }
  const issue = parsed.issues[0];
  const field = v.getDotPath(issue) ?? 'the whole';
  const complaint = issue.type === 'strict_object' ? `'${field}' is missing or unknown` : `'${field}' is not valid`;
  throw new UvsError('CONFIG_INVALID', `credential ${path}: ${complaint}`, { hint });
}

/** Reads a credential file. @throws UvsError CONFIG_INVALID where it is missing, malformed or readable by others. */
export async function readCredential(path: string): Promise<Credential> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new UvsError('CONFIG_INVALID', `cannot read the credential ${path}`, {
      cause,
      hint: 'Name another file, or join the cluster first.',
    });
  });
  if ((found.mode & 0o077) !== 0) {
    throw new UvsError('CONFIG_INVALID', `credential ${path} can be read by others`, { hint: `Run: chmod 600 ${path}` });
  }
  if (found.size > MAX_CREDENTIAL_BYTES)
    throw new UvsError('CONFIG_INVALID', `credential ${path} is larger than ${MAX_CREDENTIAL_BYTES} bytes`);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UvsError('CONFIG_INVALID', `cannot read the credential ${path}`, { cause, hint: 'Run as the user who owns it.' });
  });
  return parseCredential(text, path);
}

/** Writes a credential file atomically and durably, readable by its owner only. */
export async function writeCredential(path: string, credential: Credential): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(credential, undefined, 2)}\n`, 0o600);
}
