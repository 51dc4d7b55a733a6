import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createServer } from 'node:tls';
import { join as joinPath } from 'node:path';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { join } from '../../../agent/link/join.ts';
import { readNodeIdentity } from '../../../agent/node-identity.ts';
import { statePaths, type StatePaths } from '../../../agent/state-paths.ts';
import { readCredential, type Credential } from '../../../common/credential.ts';
import { UvsError } from '../../../common/errors.ts';
import { CoordinatorClient } from '../../../common/rpc/client.ts';
import { encodeError } from '../../../common/rpc/error-details.ts';
import { serverTlsOptions } from '../../../common/tls.ts';
import type { EnrolRequest__Output } from '../../../proto/gen/uvs/v1/EnrolRequest.ts';
import type { EnrolResponse } from '../../../proto/gen/uvs/v1/EnrolResponse.ts';
import { TestAuthority } from '../../support/authority.ts';
import { errorOf } from '../../support/failure.ts';
import { closedPort, definition, startGrpcServer, type TestServer } from '../../support/grpc-server.ts';

const UID = '5f2b1c1e-6a55-4c0f-9f0f-0d5a7a1c2b3d';
const packageRoot = Buffer.from('{"the package root":"file"}');
const authority = await TestAuthority.create();
const coordinator = await authority.issue('coordinator/c1');

type Change = (response: EnrolResponse, request: EnrolRequest__Output) => EnrolResponse | UvsError | Promise<EnrolResponse>;
let enrolments = 0;

/** A coordinator that enrols whoever comes, with what a test changes about its answer. */
function startEnrolment(change: Change = (response) => response): Promise<TestServer> {
  const enrol = async (request: EnrolRequest__Output): Promise<EnrolResponse | UvsError> => {
    enrolments += 1;
    const certificate = await authority.signRequest(`node/${UID}`, request.certificateRequest);
    return await change({ uid: UID, certificate, authority: authority.certificate, packageRoot, coordinators: ['10.0.0.1:7443'] }, request);
  };
  return startGrpcServer(coordinator, {
    'uvs.v1.EnrolmentService': {
      Enrol: (call: ServerUnaryCall<EnrolRequest__Output, EnrolResponse>, respond: sendUnaryData<EnrolResponse>): void => {
        enrol(call.request).then(
          (result) => (result instanceof UvsError ? respond(encodeError(result)) : respond(null, result)),
          () => respond(encodeError(new UvsError('INTERNAL', 'the test is broken'))),
        );
      },
    },
  });
}

async function prepare(
  t: Test,
  coordinators: readonly string[],
  change: Record<string, unknown> = {},
): Promise<{ paths: StatePaths; run: () => Promise<unknown> }> {
  const bootstrap = await authority.issue('joining/t1');
  const token = {
    v: 1,
    cluster: 'test',
    id: 't1',
    coordinators,
    authoritySha256: authority.sha256,
    packageRootSha256: createHash('sha256').update(packageRoot).digest('hex'),
    certificate: bootstrap.certificate,
    key: bootstrap.key,
    ...change,
  };
  const root = t.testdir();
  const tokenFile = joinPath(root, 'token');
  await writeFile(tokenFile, `${Buffer.from(JSON.stringify(token)).toString('base64url')}\n`);
  const paths = statePaths(root);
  const request = { tokenFile, hostname: 'node-1', roles: ['osd', 'mds'], paths, definition, signal: new AbortController().signal };
  return { paths, run: () => join(request) };
}

async function stored(paths: StatePaths): Promise<string[]> {
  return await readdir(paths.directory).catch(() => []);
}

void t.test('a machine becomes a node: its key never leaves, the credential works and is its own', async (t) => {
  let sent: EnrolRequest__Output | undefined;
  await using server = await startEnrolment((response, request) => {
    sent = request;
    return response;
  });
  const { paths, run } = await prepare(t, [`127.0.0.1:${await closedPort()}`, server.address]);
  t.same(await run(), { uid: UID, hostname: 'node-1', roles: ['osd', 'mds'] });
  t.match(sent, { hostname: 'node-1', roles: ['osd', 'mds'] });
  t.same(await readNodeIdentity(paths.node), { uid: UID, hostname: 'node-1', roles: ['osd', 'mds'] });
  t.ok(packageRoot.equals(await readFile(paths.packageRoot)));
  t.equal((await stat(paths.credential)).mode & 0o777, 0o600);
  const credential: Credential = await readCredential(paths.credential);
  t.match(credential, { identity: `node/${UID}`, cluster: 'test', coordinators: ['10.0.0.1:7443'] });
  using client = new CoordinatorClient({ ...credential, coordinators: [server.address] }, { definition });
  const empty = client.call('uvs.v1.EnrolmentService', 'Enrol', { certificateRequest: Buffer.alloc(0) });
  t.equal((await errorOf(empty)).message, 'the test is broken', 'the server took its certificate');

  t.equal((await errorOf(run())).reason, 'ALREADY_EXISTS', 'a second time is refused');
});

void t.test('a server of another authority gets no certificate and not one byte of the token', async (t) => {
  const foreign = await (await TestAuthority.create()).issue('coordinator/c1');
  let received = 0;
  let certificates = 0;
  const server = createServer({ ...serverTlsOptions(foreign), rejectUnauthorized: false, ALPNProtocols: ['h2'] }, (socket) => {
    if (socket.getPeerX509Certificate() !== undefined) certificates += 1;
    socket.on('data', (bytes) => {
      received += bytes.length;
    });
    socket.on('error', () => undefined);
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const bound = server.address();
  const { paths, run } = await prepare(t, [`127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`]);
  const error = await errorOf(run());
  t.equal(error.reason, 'AUTHORITY_MISMATCH');
  t.match(error.hint, 'Nothing was sent');
  t.match({ connections, received, certificates }, { connections: 1, received: 0, certificates: 0 });
  t.same(await stored(paths), []);
});

void t.test('what comes back is checked before anything is stored', async (t) => {
  const other = await TestAuthority.create();
  const cases: readonly (readonly [string, string, Change])[] = [
    ['another package root', 'ROOT_INVALID', (response) => ({ ...response, packageRoot: Buffer.from('{}') })],
    ['another authority', 'ROOT_INVALID', (response) => ({ ...response, authority: other.certificate })],
    [
      "a certificate for somebody else's key",
      'UNAUTHENTICATED',
      async (response) => ({ ...response, certificate: (await authority.issue(`node/${UID}`)).certificate }),
    ],
    [
      'a certificate of another kind',
      'UNAUTHENTICATED',
      async (response, request) => ({
        ...response,
        certificate: await authority.signRequest(`operator/${UID}`, request.certificateRequest),
      }),
    ],
    [
      'a certificate of another authority',
      'UNAUTHENTICATED',
      async (response, request) => ({ ...response, certificate: await other.signRequest(`node/${UID}`, request.certificateRequest) }),
    ],
  ];
  for (const [name, reason, change] of cases) {
    await using server = await startEnrolment(change);
    const { paths, run } = await prepare(t, [server.address]);
    t.equal((await errorOf(run())).reason, reason, name);
    t.same(await stored(paths), [], `${name}: nothing is stored`);
  }
});

void t.test('a used-up token, a damaged one and nobody there are said clearly', async (t) => {
  await using server = await startEnrolment(() => new UvsError('PERMISSION_DENIED', 'the token has no uses left'));
  const usedUp = await prepare(t, [server.address]);
  enrolments = 0;
  t.match(await errorOf(usedUp.run()), { reason: 'PERMISSION_DENIED', message: 'the token has no uses left' });
  t.equal(enrolments, 1);

  const damaged = await prepare(t, [server.address], { authoritySha256: 'xyz' });
  t.match(await errorOf(damaged.run()), { reason: 'INVALID_ARGUMENT', message: /its 'authoritySha256' is missing or wrong$/ });

  const port = await closedPort();
  const alone = await prepare(t, [`127.0.0.1:${port}`]);
  t.match(await errorOf(alone.run()), { reason: 'UNREACHABLE', message: new RegExp(`127.0.0.1:${port}`) });
});
