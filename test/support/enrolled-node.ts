import { createCertificateRequest } from '../../common/pki.ts';
import { bootstrapCredential, parseJoinToken } from '../../agent/link/join-token.ts';
import type { Credential } from '../../common/credential.ts';
import type { TestCluster } from './running-cluster.ts';

/** Brings a node into a running cluster by a join token, as an agent does. Returns its UID and the credential that it speaks with. */
export async function enrolNode(
  cluster: TestCluster,
  hostname: string,
): Promise<{ readonly uid: string; readonly credential: Credential }> {
  const made = await cluster.client().call('uvs.v1.EnrolmentService', 'CreateJoinToken', { uses: 1, ttlSeconds: '60' });
  const { request, keyPem } = await createCertificateRequest();
  const joining = cluster.client(bootstrapCredential(parseJoinToken(made.token, 'token'), cluster.admin.authority, 'token'));
  const wish = { certificateRequest: Buffer.from(request), hostname, roles: ['osd'] };
  const { uid, certificate } = await joining.call('uvs.v1.EnrolmentService', 'Enrol', wish, { isRepeatable: false });
  return { uid, credential: { ...cluster.admin, identity: `node/${uid}`, certificate, key: keyPem } };
}
