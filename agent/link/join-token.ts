import { readFile, stat } from 'node:fs/promises';
import * as v from 'valibot';
import { parseCredential, type Credential } from '../../common/credential.ts';
import { UvsError } from '../../common/errors.ts';

const MAX_TOKEN_BYTES = 64 * 1024;
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const schema = v.object({
  v: v.literal(1),
  cluster: v.string(),
  id: v.string(),
  coordinators: v.array(v.string()),
  /** Of the cluster's authority, DER. */
  authoritySha256: sha256,
  /** Of the package root file, as it stands. */
  packageRootSha256: sha256,
  /** PEM. */
  certificate: v.string(),
  /** PEM; a secret. */
  key: v.string(),
});

/** What an operator hands to a machine so that it can join. */
export type JoinToken = v.InferOutput<typeof schema>;

/** Reads a token file. @throws UvsError INVALID_ARGUMENT; the content is never quoted */
export async function readJoinToken(path: string): Promise<JoinToken> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_TOKEN_BYTES) throw new UvsError('INVALID_ARGUMENT', `${path} is too large to be a join token`);
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof UvsError) throw cause;
    throw new UvsError('INVALID_ARGUMENT', `cannot read the join token ${path}`, { cause, hint: 'Name its file with --token-file.' });
  }
  return parseJoinToken(text, path);
}

/** Parses a token's text: base64url of JSON. `path` is only named in errors. */
export function parseJoinToken(text: string, path: string): JoinToken {
  const refusal = (why: string): UvsError =>
    new UvsError('INVALID_ARGUMENT', `${path} is not a join token: ${why}`, { hint: 'Make one with: uvsctl join-tokens create' });
  const compact = text.trim();
  if (!/^[A-Za-z0-9_-]+$/.test(compact)) throw refusal('it is not base64url');
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(compact, 'base64url').toString('utf8'));
  } catch {
    throw refusal('it is cut off or altered'); // the parser's message would quote the key
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw refusal(`its '${v.getDotPath(issue) ?? 'content'}' is missing or wrong`);
}

/** The credential for the one call that a token allows. @param authority PEM whose hash was compared with the token's */
export function bootstrapCredential(token: JoinToken, authority: string, path: string): Credential {
  const { cluster, coordinators, certificate, key, id } = token;
  return parseCredential(JSON.stringify({ cluster, identity: `joining/${id}`, coordinators, authority, certificate, key }), path);
}
