import { UvsError } from './errors.ts';

/** What the holder of a certificate of the cluster's authority is. */
export type IdentityKind = 'node' | 'viewer' | 'operator' | 'admin' | 'joining' | 'coordinator';

export const identityKinds: readonly IdentityKind[] = ['node', 'viewer', 'operator', 'admin', 'joining', 'coordinator'];

/** The one identity in a certificate: its URI subject alternative name, `uvs://CLUSTER/KIND/ID`. */
export interface Identity {
  readonly cluster: string;
  readonly kind: IdentityKind;
  readonly id: string;
}

const clusterPattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

function isKind(text: string): text is IdentityKind {
  return identityKinds.some((kind) => kind === text);
}

/** Whether a name can be a cluster's: [a-z0-9][a-z0-9-]{0,62}. */
export function isClusterName(text: string): boolean {
  return clusterPattern.test(text);
}

/** Whether a name can be an identity's id: [A-Za-z0-9][A-Za-z0-9._-]{0,62}. */
export function isIdentityId(text: string): boolean {
  return idPattern.test(text);
}

/** Writes the URI of an identity. @throws UvsError INVALID_ARGUMENT for a name that could not be read back */
export function identityUri(identity: Identity): string {
  if (!isClusterName(identity.cluster)) {
    throw new UvsError('INVALID_ARGUMENT', `"${identity.cluster}" can't be a cluster's name`, {
      hint: 'use lower-case letters, digits and "-", at most 63',
    });
  }
  if (!isIdentityId(identity.id)) {
    throw new UvsError('INVALID_ARGUMENT', `"${identity.id}" can't be the id of a ${identity.kind}`, {
      hint: 'use letters, digits, ".", "_" and "-", at most 63',
    });
  }
  return `uvs://${identity.cluster}/${identity.kind}/${identity.id}`;
}

/** Reads what `identityUri` wrote; undefined for anything else. */
export function parseIdentityUri(uri: string): Identity | undefined {
  const match = /^uvs:\/\/([^/]*)\/([^/]*)\/([^/]*)$/.exec(uri);
  const [, cluster = '', kind = '', id = ''] = match ?? [];
  if (!isClusterName(cluster) || !isKind(kind) || !isIdentityId(id)) return undefined;
  return { cluster, kind, id };
}

/** Short form within one cluster, e.g. "operator/alice"; what the audit log shows. */
export function identityName(identity: Identity): string {
  return `${identity.kind}/${identity.id}`;
}

/**
 * Finds the one identity in Node's text form of a certificate's subject alternative names ("DNS:…, URI:…"). Names that Node quotes because
 * they hold odd characters (CVE-2021-44532) are never ours and don't match; two identities are none.
 */
export function identityOfAltNames(altNames: string | undefined): Identity | undefined {
  const uris = (altNames ?? '')
    .split(', ')
    .filter((name) => name.startsWith('URI:'))
    .map((name) => name.slice('URI:'.length));
  const [only] = uris;
  return uris.length === 1 && only !== undefined ? parseIdentityUri(only) : undefined;
}
