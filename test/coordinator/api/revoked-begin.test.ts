import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { CoordinatorClient } from '../../../common/rpc/client.ts';
import { Handlers } from '../../../common/rpc/handlers.ts';
import { encodeParts, readParts } from '../../../common/upd/container.ts';
import { generateSigningKey, type SigningKey } from '../../../common/upd/keys.ts';
import { givenRoot } from '../../../common/upd/root-join.ts';
import { encodeSignatures, parseSignatures } from '../../../common/upd/signatures.ts';
import { agentService } from '../../../coordinator/api/agent-service.ts';
import { packageTrust } from '../../../coordinator/blobs/package-trust.ts';
import { TestAuthority } from '../../support/authority.ts';
import { node } from '../../support/domain-records.ts';
import { errorOf } from '../../support/failure.ts';
import { definition, startGrpcServer } from '../../support/grpc-server.ts';
import { HandClock } from '../../support/hub.ts';
import { FakePackageRoot } from '../../support/package-root.ts';
import { sampleToken } from '../../support/sample-node.ts';
import { memorySource, rootOf } from '../../support/upd.ts';
import { file, TestNode } from '../../support/update-node.ts';

const authority = await TestAuthority.create();
const digest = 'ab'.repeat(32);

/** A coordinator that has one package, and grants whoever asks, unless its package is not taken any more. */
async function serve(release: TestNode) {
  const vendor = { threshold: 1, products: ['uvs'] };
  const rootKeys = { keys: [release.key], threshold: 1 };
  const packageRoot = new FakePackageRoot(rootOf({ version: 1, root: rootKeys, vendor: { ...vendor, keys: [release.key] } }));
  const held = new Set([digest]);
  const trust = packageTrust({
    core: { packageRoot },
    store: { sizeOf: (name) => (held.has(name) ? 1 : undefined), pathOf: () => release.packagePath('one') },
  });
  const asked: string[] = [];
  const yes = (uid: string) => {
    asked.push(uid);
    return Promise.resolve({ isYes: true, reason: '' });
  };
  const no = () => Promise.reject(new UvsError('INTERNAL', 'not part of this test'));
  const core = {
    nodes: { find: (uid: string) => ({ ...node('osd-1', ['osd']), uid }), noteLocal: no },
    slots: { begin: yes, confirm: yes, judge: no, ended: no, packageFor: () => digest },
  };
  const hub = {
    open: () => ({ receive: () => undefined, closed: () => undefined }),
    live: () => undefined,
    ending: no,
    leftToOperator: () => undefined,
  };
  const service = agentService(
    new Handlers({ cluster: 'test', onInternal: () => undefined }),
    core,
    hub,
    { keys: { keyFor: no }, trust },
    new HandClock(),
  );
  const running = await startGrpcServer(await authority.issue('coordinator/c1'), { 'uvs.agent.v1.AgentService': { ...service } });
  const client = new CoordinatorClient(await authority.issue('node/n1', [running.address]), { definition });
  return {
    asked,
    held,
    /** Has another key count beside the old one. */
    add: (key: SigningKey) =>
      packageRoot.set(givenRoot(rootOf({ version: 2, root: rootKeys, vendor: { ...vendor, keys: [release.key, key] } }))),
    revoke: () => packageRoot.set(givenRoot(rootOf({ version: 2, root: rootKeys, vendor: { ...vendor, keys: [generateSigningKey()] } }))),
    begin: () =>
      client.call(
        'uvs.agent.v1.AgentService',
        'Begin',
        { operation: 'op-1', token: sampleToken },
        { deadlineMs: 10_000, isRepeatable: false },
      ),
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]();
      await running[Symbol.asyncDispose]();
    },
  };
}

void t.test('an agent that hears of no newer root file is refused the begin of what a revoked key has signed', async (t) => {
  using release = new TestNode();
  await release.build('one', { seq: 1, files: [file('a', 'a')] });
  await using s = await serve(release);
  t.match(await s.begin(), { granted: true });
  s.revoke();
  t.match(await s.begin(), { granted: false, reason: /root file version 2 does not know/ });
  t.equal(s.asked.length, 1, 'no slot begins by that');
  s.held.clear();
  t.match(await s.begin(), { granted: true }, 'a package that is not here yet is judged by the node alone');
});

void t.test('a signature that does not hold, in the name of a key that counts since, is a clear no', async (t) => {
  using release = new TestNode();
  await release.build('one', { seq: 1, files: [file('a', 'a')] });
  const path = release.packagePath('one');
  const whole = readFileSync(path);
  const { segmentsOffset, ...parts } = await readParts(memorySource(whole), AbortSignal.timeout(10_000));
  const next = generateSigningKey();
  const list = [...parseSignatures(parts.signatures), { keyId: next.keyId, signature: randomBytes(64) }];
  const head = encodeParts({ ...parts, signatures: Buffer.from(JSON.stringify(encodeSignatures(list))) });
  writeFileSync(path, Buffer.concat([head, whole.subarray(segmentsOffset)]));
  await using s = await serve(release);
  t.match(await s.begin(), { granted: true });
  s.add(next);
  t.match(await s.begin(), { granted: false, reason: /does not hold/ });
  t.equal(s.asked.length, 1, 'no slot begins by that');
  writeFileSync(path, whole);
  t.match(await s.begin(), { granted: true }, 'a copy that was damaged and is whole again is taken');
});

void t.test('a coordinator that can not read the package refuses no begin for good', async (t) => {
  using release = new TestNode();
  await release.build('one', { seq: 1, files: [file('a', 'a')] });
  await using s = await serve(release);
  rmSync(release.packagePath('one'));
  t.type((await errorOf(s.begin())).reason, 'string');
  t.equal(s.asked.length, 0);
  await release.build('one', { seq: 1, files: [file('a', 'a')] });
  t.match(await s.begin(), { granted: true }, 'it looks again the next time');
});
