import { ChannelCredentials, Client, Metadata, status } from '@grpc/grpc-js';
import t from 'tap';
import type { Credential } from '../../../common/credential.ts';
import type { IdentityKind } from '../../../common/tls.ts';
import { allowedKinds, authorise, demandComplete } from '../../../coordinator/api/authorisation.ts';
import { TestAuthority } from '../../support/authority.ts';
import { makeCluster } from '../../support/running-cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { RawClient } from '../../support/raw-call.ts';

const kinds: readonly IdentityKind[] = ['node', 'viewer', 'operator', 'admin', 'joining', 'coordinator'];
const cluster = await makeCluster();
t.teardown(() => cluster[Symbol.asyncDispose]());
const coordinator = await cluster.run();
const admin = cluster.client();
await eventually('the coordinator leads', async () => {
  const { cluster: described } = await admin.call('uvs.v1.ClusterService', 'GetCluster', {});
  return described?.leader !== null;
});

void t.test('every method refuses every kind of certificate that the table does not name, and lets the others in', async (t) => {
  for (const kind of kinds) {
    using client = new RawClient(coordinator.grpc, await cluster.credential(kind, kind === 'node' ? crypto.randomUUID() : 'a'.repeat(32)));
    const wrong: string[] = [];
    for (const [method, allowed] of Object.entries(allowedKinds)) {
      const mayCall = allowed.some((one) => one === kind);
      const answer = await client.call(method);
      // Past the table an empty request of an unknown node is refused for what it says, or by its enrolment.
      const isRefusedByRole = answer.code === status.PERMISSION_DENIED && !method.startsWith('/uvs.agent.v1.');
      const isRight = mayCall ? !isRefusedByRole && answer.code !== status.UNAUTHENTICATED : answer.reason === 'PERMISSION_DENIED';
      if (!isRight) wrong.push(`${method}: ${answer.code} ${answer.reason}`);
    }
    t.same(wrong, [], kind);
  }
});

void t.test('nobody gets in without a certificate, or with one of another authority or another cluster', async (t) => {
  const foreign = await (await TestAuthority.create('test')).issue('admin/eve');
  const elsewhere = await otherCluster();
  using eve = new RawClient(coordinator.grpc, { ...foreign, authority: cluster.admin.authority });
  t.equal((await eve.call('/uvs.v1.ClusterService/GetCluster')).code, status.UNAVAILABLE, 'another authority: TLS ends the connection');
  const nobody = new Client(coordinator.grpc, ChannelCredentials.createSsl(Buffer.from(cluster.admin.authority)), {
    'grpc.ssl_target_name_override': 'coordinator.uvs',
  });
  const refused = await new Promise((resolve) => {
    const bytes = (value: Buffer): Buffer => value;
    const deadline = Date.now() + 10_000;
    nobody.makeUnaryRequest('/uvs.v1.ClusterService/GetCluster', bytes, bytes, Buffer.alloc(0), new Metadata(), { deadline }, (error) => {
      resolve(error?.code);
    });
  });
  nobody.close();
  t.equal(refused, status.UNAVAILABLE, 'no certificate: TLS ends the connection');
  using stranger = new RawClient(coordinator.grpc, elsewhere);
  t.same(await stranger.call('/uvs.v1.ClusterService/GetCluster'), { code: status.UNAUTHENTICATED, reason: 'UNAUTHENTICATED' });
});

void t.test('a withdrawn certificate is refused at once, in the middle of a stream too, and says so', async (t) => {
  const { createCertificateRequest } = await import('../../../common/pki.ts');
  const { request, keyPem } = await createCertificateRequest();
  const issued = await admin.call('uvs.v1.AccessService', 'IssueCredential', {
    user: 'bob',
    role: 'viewer',
    certificateRequest: Buffer.from(request),
  });
  const credential: Credential = { ...cluster.admin, identity: 'viewer/bob', certificate: issued.certificate, key: keyPem };
  using bob = new RawClient(coordinator.grpc, credential);
  const { ended } = await bob.open('/grpc.health.v1.Health/Watch');
  const { credential: withdrawn } = await admin.call('uvs.v1.AccessService', 'WithdrawCredential', {
    name: issued.credential?.name ?? '',
    reason: 'lost laptop',
  });
  t.equal(withdrawn?.withdrawn, true);
  t.equal((await ended).reason, 'CERTIFICATE_WITHDRAWN');
  t.equal((await bob.call('/uvs.v1.ClusterService/GetCluster')).reason, 'CERTIFICATE_WITHDRAWN', 'the open connection is no way round it');
  const again = await admin.call('uvs.v1.AccessService', 'WithdrawCredential', { name: issued.credential?.name ?? '', reason: 'again' });
  t.equal(again.credential?.withdrawn, true, 'idempotent');
});

void t.test('whoever withdraws their own certificate hears that it is done, and nothing afterwards', async (t) => {
  const { createCertificateRequest } = await import('../../../common/pki.ts');
  const { request, keyPem } = await createCertificateRequest();
  const issued = await admin.call('uvs.v1.AccessService', 'IssueCredential', {
    user: 'anna',
    role: 'admin',
    certificateRequest: Buffer.from(request),
  });
  const name = issued.credential?.name ?? '';
  const anna = cluster.client({ ...cluster.admin, identity: 'admin/anna', certificate: issued.certificate, key: keyPem });
  t.match(await anna.call('uvs.v1.AccessService', 'GetCredential', { name }), { credential: { identity: 'admin/anna', withdrawn: false } });
  t.match(await anna.call('uvs.v1.AccessService', 'WithdrawCredential', { name, reason: 'old' }), { credential: { withdrawn: true } });
  t.match(await errorOf(anna.call('uvs.v1.ClusterService', 'GetCluster', {})), { reason: 'CERTIFICATE_WITHDRAWN' });
  const { credentials } = await admin.call('uvs.v1.AccessService', 'ListCredentials', {});
  for (const [identity, message] of [
    ['admin/admin', /last admin/],
    ['coordinator/c1', /last coordinator/],
  ] as const) {
    const last = credentials.find((one) => one.identity === identity)?.name ?? '';
    const refused = await errorOf(admin.call('uvs.v1.AccessService', 'WithdrawCredential', { name: last, reason: 'why not' }));
    t.match(refused, { reason: 'NOT_ALLOWED_NOW', message });
  }
});

void t.test('the credentials that init made are on record, so that they can be withdrawn', async (t) => {
  const listed = await eventually('the first records', async () => {
    const { credentials } = await admin.call('uvs.v1.AccessService', 'ListCredentials', {});
    return credentials.some((one) => one.identity === 'admin/admin') ? credentials : undefined;
  });
  t.ok(listed.some((one) => one.identity === 'coordinator/c1'));
});

void t.test('the audit log is asked by the names that the API gives, and by nothing else', async (t) => {
  const { joinToken } = await admin.call('uvs.v1.EnrolmentService', 'CreateJoinToken', { uses: 1, ttlSeconds: '600' });
  const { events } = await admin.call('uvs.v1.EventService', 'ListEvents', { resource: joinToken?.name ?? '' });
  t.match(events, [{ action: 'tokens.create', resource: joinToken?.name }]);
  t.match(await errorOf(admin.call('uvs.v1.EventService', 'ListEvents', { resource: 'tokens/x' })), { reason: 'NOT_FOUND' });
});

void t.test('a method that the table lacks is nobody’s, and stops the start', async (t) => {
  const peer = { identity: { cluster: 'test', kind: 'admin', id: 'a' }, name: 'admin/a', fingerprint: '' } as const;
  t.match(await errorOf(() => authorise('/uvs.v1.ClusterService/Explode', peer)), { reason: 'PERMISSION_DENIED' });
  t.match(await errorOf(() => demandComplete(['/uvs.v1.ClusterService/Explode'])), { message: /Explode/ });
});

/** A certificate of this very authority for another cluster's name. */
async function otherCluster(): Promise<Credential> {
  const { generateKeyPair, issueIdentity } = await import('../../../common/pki.ts');
  const { keyPem, publicKey } = await generateKeyPair();
  const issued = await issueIdentity(cluster.authority, { cluster: 'other', kind: 'admin', id: 'a' }, publicKey);
  return { ...cluster.admin, certificate: issued.pem, key: keyPem };
}
