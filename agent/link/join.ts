import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { access } from 'node:fs/promises';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { writeCredential } from '../../common/credential.ts';
import { UvsError } from '../../common/errors.ts';
import { createCertificateRequest } from '../../common/pki.ts';
import { CoordinatorClient } from '../../common/rpc/client.ts';
import { identityOf } from '../../common/tls.ts';
import { parseRoot, verifyRootChain } from '../../common/upd/root.ts';
import type { Calls } from '../../proto/load-calls.ts';
import type { EnrolResponse__Output } from '../../proto/gen/uvs/v1/EnrolResponse.ts';
import { writeNodeIdentity, type NodeIdentity } from '../node-identity.ts';
import type { StatePaths } from '../state-paths.ts';
import { probeAuthority } from './authority-probe.ts';
import { bootstrapCredential, readJoinToken, type JoinToken } from './join-token.ts';

export interface JoinRequest {
  readonly tokenFile: string;
  readonly hostname: string;
  readonly roles: readonly string[];
  readonly paths: StatePaths;
  readonly definition: Calls;
  readonly signal: AbortSignal;
}

const ENROL_MS = 30_000;

/**
 * Makes this machine a node: checks the cluster's authority against the token before anything is sent, makes the key here, has it signed, checks
 * what comes back, and only then stores it.
 * @throws UvsError AUTHORITY_MISMATCH, ROOT_INVALID, ALREADY_EXISTS, PERMISSION_DENIED (the token is used up or ended), UNREACHABLE
 */
export async function join(request: JoinRequest): Promise<NodeIdentity> {
  const { paths, hostname, signal } = request;
  await refuseIfJoined(paths);
  const token = await readJoinToken(request.tokenFile);
  const authority = await findAuthority(token, signal);
  const credential = bootstrapCredential(token, authority, request.tokenFile);
  const { request: certificateRequest, keyPem } = await createCertificateRequest();
  using client = new CoordinatorClient(credential, { definition: request.definition });
  const wish = { certificateRequest: Buffer.from(certificateRequest), hostname, roles: [...request.roles] };
  const enrolled = await client.call('uvs.v1.EnrolmentService', 'Enrol', wish, { deadlineMs: ENROL_MS, signal, isRepeatable: false });

  const packageRoot = Buffer.from(enrolled.packageRoot);
  checkHash('the package root file', packageRoot, token.packageRootSha256);
  checkHash("the cluster's authority", new X509Certificate(enrolled.authority).raw, token.authoritySha256);
  checkCertificate(enrolled, token, keyPem);

  // what was revoked since the token was made counts from the first moment
  const chain = Buffer.from(enrolled.packageRootChain);
  const newestRoot = chain.length === 0 ? packageRoot : verifyRootChain(parseRoot(packageRoot), chain).bytes;

  const identity: NodeIdentity = { uid: enrolled.uid, hostname, roles: request.roles };
  await writeFileAtomically(paths.packageRoot, newestRoot, 0o600);
  await writeNodeIdentity(paths.node, identity);
  // Last, because its presence means that the node has joined.
  await writeCredential(paths.credential, {
    cluster: token.cluster,
    identity: `node/${enrolled.uid}`,
    coordinators: enrolled.coordinators.length > 0 ? enrolled.coordinators : token.coordinators,
    authority,
    certificate: enrolled.certificate,
    key: keyPem,
  });
  return identity;
}

async function refuseIfJoined(paths: StatePaths): Promise<void> {
  const hasJoined = await access(paths.credential).then(
    () => true,
    () => false,
  );
  if (!hasJoined) return;
  throw new UvsError('ALREADY_EXISTS', `this node has joined a cluster already: ${paths.credential} exists`, {
    hint: 'To join another one: uvsctl nodes remove this node, then move the file away.',
  });
}

/** The authority that a coordinator shows and whose hash is the token's. One that shows another is not passed over: somebody stands in between. */
async function findAuthority(token: JoinToken, signal: AbortSignal): Promise<string> {
  const failures: string[] = [];
  for (const address of token.coordinators) {
    let shown: { pem: string; sha256: string };
    try {
      shown = await probeAuthority(address, signal);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      continue;
    }
    if (shown.sha256 === token.authoritySha256) return shown.pem;
    throw new UvsError(
      'AUTHORITY_MISMATCH',
      `${address} shows the authority ${shown.sha256.slice(0, 16)}…, the token wants ${token.authoritySha256.slice(0, 16)}…`,
      {
        hint: 'Nothing was sent. Either the token is of another cluster, or somebody stands between this machine and the coordinator.',
        details: { address },
      },
    );
  }
  throw new UvsError('UNREACHABLE', `no coordinator answered: ${failures.join('; ')}`, {
    hint: 'Check that a coordinator runs and that its address can be reached from here.',
  });
}

function checkHash(what: string, bytes: Uint8Array, expected: string): void {
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got === expected) return;
  throw new UvsError(
    'ROOT_INVALID',
    `${what} from the coordinator has sha256 ${got.slice(0, 16)}…, the token wants ${expected.slice(0, 16)}…`,
    {
      hint: 'Nothing was stored. Make a new token; if it happens again, do not trust that coordinator.',
    },
  );
}

/** The certificate must be for the key made here, name the UID in this cluster, and be signed by the authority. */
function checkCertificate(enrolled: EnrolResponse__Output, token: JoinToken, keyPem: string): void {
  const certificate = new X509Certificate(enrolled.certificate);
  const identity = identityOf(certificate);
  const isOurKey = certificate.publicKey.equals(createPublicKey(keyPem));
  const isOurs = identity.cluster === token.cluster && identity.kind === 'node' && identity.id === enrolled.uid;
  if (isOurKey && isOurs && certificate.verify(new X509Certificate(enrolled.authority).publicKey)) return;
  throw new UvsError('UNAUTHENTICATED', 'the certificate from the coordinator is not one for this node', {
    hint: 'Nothing was stored. Make a new token and try again.',
  });
}
