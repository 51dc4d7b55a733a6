import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { wrapContentKey } from '../../../common/upd/recipients.ts';
import { packageKeys } from '../../../coordinator/blobs/package-keys.ts';
import { BlobStore } from '../../../coordinator/blobs/store.ts';
import type { RolloutsCore } from '../../../coordinator/core.ts';
import type { RolloutView, StepView } from '../../../coordinator/rollout-view.ts';
import type { StepState } from '../../../coordinator/domain.ts';
import { errorOf } from '../../support/failure.ts';
import { realClock } from '../../support/real-clock.ts';
import { assemblePackage, makeTrust, sampleManifest, zstdFrame } from '../../support/upd.ts';
import { FakePackageRoot } from '../../support/package-root.ts';

const folder = await mkdtemp(join(tmpdir(), 'uvs-keys-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const { key: signingKey, root } = makeTrust();
const identity = await generateIdentity();
const contentKey = randomBytes(32);
const plain = Buffer.from('hello');
const frame = zstdFrame(plain);
const bytes = assemblePackage(
  {
    ...sampleManifest([frame], [plain]),
    encryption: { cipher: 'AES-256-GCM', keyCommitment: createHash('sha256').update('uvs/1/key\0').update(contentKey).digest('hex') },
  },
  [frame],
  [signingKey],
  { recipients: await wrapContentKey(contentKey, [await identityToRecipient(identity)]) },
);
const digest = createHash('sha256').update(bytes).digest('hex');
const store = await BlobStore.open({ directory: folder, clock: realClock, reserveBytes: 0, maxIncoming: 1 });
await store.receive(
  { digest, sizeBytes: bytes.length, start: 0, by: undefined },
  (async function* () {
    yield bytes;
  })(),
  async () => undefined,
);

function rollouts(state: StepState, assigned = digest, isEarlier = false): RolloutsCore {
  const refuse = async (): Promise<never> => {
    throw new UvsError('INTERNAL', 'not part of this test');
  };
  const step: StepView = {
    rollout: 'ro-1',
    uid: 'n1',
    state,
    operation: 'op-1',
    attempt: 1,
    message: '',
    outcome: undefined,
    beganAt: undefined,
    endedAt: undefined,
    outputTail: '',
    earlier: [],
    hostname: 'osd-1',
    phase: '',
    percent: -1,
    isCanary: false,
    needsOperator: false,
  };
  const view: RolloutView = {
    deadline: undefined,
    plan: {
      id: 'ro-1',
      spec: {
        goal: { kind: 'release', package: assigned },
        selector: { all: true, nodes: [], roles: [], labels: {} },
        mode: 'rolling',
        budget: 1,
        stageDeadlineMs: 1,
        waitDeadlineMs: 1,
        stepDeadlineMs: 1,
        canary: undefined,
        onFailure: { action: 'pause', tolerated: 0 },
        rollBackAfterMs: undefined,
        acknowledgedChecks: [],
        reason: '',
      },
      version: '1',
      creator: 'operator/a',
      createdAt: 0,
      order: ['n1'],
      hostnames: [],
      canaries: 0,
      skipped: {},
    },
    state: {
      state: 'running',
      reason: '',
      pause: undefined,
      pausedAt: undefined,
      endedAt: undefined,
      attempt: 1,
      approvedBy: undefined,
      counts: undefined,
    },
    waitingFor: '',
    newcomers: [],
    counts: { succeeded: 0, failed: 0, skipped: 0 },
    steps: [step],
  };
  return {
    plan: refuse,
    create: refuse,
    ids: refuse,
    summaries: refuse,
    states: refuse,
    get: async () => view,
    watch: () => {
      throw new UvsError('INTERNAL', 'not part of this test');
    },
    pause: refuse,
    approve: refuse,
    resume: refuse,
    abort: refuse,
    operation: async (id) => {
      if (id !== 'op-1') throw new UvsError('NOT_FOUND', 'no such operation');
      return { ...step, isEarlier };
    },
    operations: refuse,
  };
}

const never = new AbortController().signal;
const keyFor = async (
  core: RolloutsCore,
  uid = 'n1',
  operation = 'op-1',
  wanted = digest,
  own: readonly string[] = [identity],
): Promise<Uint8Array> =>
  await packageKeys({ core: { rollouts: core, packageRoot: new FakePackageRoot(root) }, store, identities: own }).keyFor(
    uid,
    wanted,
    operation,
    never,
  );

void t.test('a node gets the content key of the package that it has been given to install', async (t) => {
  for (const state of ['staging', 'staged', 'granted', 'begun', 'confirming'] as const)
    t.same(Buffer.from(await keyFor(rollouts(state))), contentKey, state);
});

void t.test('nobody else does', async (t) => {
  const denied = { reason: 'PERMISSION_DENIED' };
  t.match(await errorOf(keyFor(rollouts('begun'), 'n2')), denied, 'another node');
  t.match(await errorOf(keyFor(rollouts('begun'), 'n1', 'op-2')), denied, 'an operation that is not');
  t.match(await errorOf(keyFor(rollouts('begun', digest, true))), denied, 'an operation in whose place another was given');
  t.match(await errorOf(keyFor(rollouts('begun', 'b'.repeat(64)))), denied, 'another package');
  for (const state of ['pending', 'succeeded', 'failed', 'skipped'] as const)
    t.match(await errorOf(keyFor(rollouts(state))), denied, state);
});

void t.test('a coordinator that can not open the package says why', async (t) => {
  t.match(await errorOf(keyFor(rollouts('begun'), 'n1', 'op-1', digest, [await generateIdentity()])), { reason: 'KEY_WRONG' });
  const other = 'c'.repeat(64);
  t.match(await errorOf(keyFor(rollouts('begun', other), 'n1', 'op-1', other)), { reason: 'NOT_FOUND' });
});
