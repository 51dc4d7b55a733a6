import { createHash, randomUUID } from 'node:crypto';
import { createLogger } from '../../common/log.ts';
import { Coordinator } from '../../coordinator/core/coordinator.ts';
import { defaultTimings, type CoreTimings } from '../../coordinator/core/timings.ts';
import type { WithdrawalList, WithdrawalStore } from '../../coordinator/core/withdrawals.ts';
import type { SeenStore } from '../../coordinator/core/watermark.ts';
import type { Seen } from '../../coordinator/state/seen.ts';
import type { PackageRecord, RolloutSpec } from '../../coordinator/domain.ts';
import type { Gate } from '../../coordinator/ports.ts';
import { eventually } from './eventually.ts';
import { EtcdWithFaults } from './etcd-faults.ts';
import type { EtcdForTests } from './etcd.ts';
import { FakeFleet } from './fake-fleet.ts';
import { nodeOf } from './fleet-records.ts';
import { realClock } from './real-clock.ts';
import type { PackageRootOptions } from '../../coordinator/core/package-roots.ts';
import { packageRootInMemory } from './package-root.ts';

export const operator = { identity: 'operator/alice' };

/** Short times, so that tests are. */
export const quickTimings: CoreTimings = {
  ...defaultTimings,
  leaderTtlSeconds: 3,
  slotTtlSeconds: 30,
  retryMs: 100,
  repeatMs: 100,
  tickMs: 200,
  gateDeadlineMs: 5_000,
  probeDeadlineMs: 5_000,
  handOverAfterMs: 0,
};

/** Remembers what a coordinator has seen of etcd for as long as the test keeps it. */
export function seenInMemory(): SeenStore & { seen: Seen | undefined } {
  return {
    seen: undefined,
    read() {
      return Promise.resolve(this.seen);
    },
    write(seen) {
      this.seen = seen;
      return Promise.resolve();
    },
  };
}

/** The same on a disk that may be full, or hang. */
export function seenOnDisk(): ReturnType<typeof seenInMemory> & { isFull: boolean; isHung: boolean } {
  const store = seenInMemory();
  return {
    ...store,
    isFull: false,
    isHung: false,
    write(seen) {
      if (this.isHung) return new Promise(() => undefined);
      if (this.isFull) return Promise.reject(new Error('ENOSPC: no space left on device'));
      this.seen = seen;
      return Promise.resolve();
    },
  };
}

/** Remembers which certificates were withdrawn for as long as the test keeps it. */
export function withdrawalsInMemory(): WithdrawalStore {
  let kept: WithdrawalList | undefined;
  return {
    read: () => Promise.resolve(kept),
    write(list) {
      kept = list;
      return Promise.resolve();
    },
  };
}

export interface TestCoordinator extends AsyncDisposable {
  readonly coordinator: Coordinator;
  readonly etcd: EtcdWithFaults;
  /** As if its process had been killed: nothing is given back. */
  kill(): void;
}

/** Of the certificate that a coordinator of these tests would have. */
export function fingerprintOfCoordinator(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}

/** Starts a coordinator of a cluster of fake agents. */
export async function startCoordinator(
  etcd: EtcdForTests,
  fleet: FakeFleet,
  id: string,
  options: {
    readonly timings?: Partial<CoreTimings>;
    readonly gates?: readonly Gate[];
    readonly seen?: SeenStore;
    readonly withdrawals?: WithdrawalStore;
    readonly packageRoot?: PackageRootOptions;
    readonly nodeName?: string;
  } = {},
): Promise<TestCoordinator> {
  const faults = new EtcdWithFaults(etcd.client());
  const coordinator = new Coordinator({
    etcd: faults,
    clock: realClock,
    certificateFingerprint: fingerprintOfCoordinator(id),
    member: { id, grpcAddress: `${id}.test:7100`, httpsAddress: `${id}.test:7101` },
    nodeName: options.nodeName ?? '',
    gates: options.gates ?? [],
    timings: { ...quickTimings, ...options.timings },
    randomUuid: randomUUID,
    seen: options.seen ?? seenInMemory(),
    withdrawals: options.withdrawals ?? withdrawalsInMemory(),
    packageRoot: options.packageRoot ?? packageRootInMemory(),
    pulse: { turn: () => undefined, rest: () => undefined },
    log: createLogger('test', { level: process.env['UVS_TEST_LOG'] === undefined ? 'error' : 'info', isJournal: false }),
  });
  await coordinator.start(fleet.linkFor(coordinator), AbortSignal.timeout(10_000));
  return {
    coordinator,
    etcd: faults,
    kill() {
      faults.die();
      fleet.cut(coordinator);
    },
    [Symbol.asyncDispose]: () => coordinator[Symbol.asyncDispose](),
  };
}

export async function untilLeader(test: TestCoordinator): Promise<Coordinator['core']> {
  await eventually('it leads', () => test.coordinator.isLeader(), 15_000);
  return test.coordinator.core;
}

export function packageOf(digest = 'a'.repeat(64)): PackageRecord {
  return {
    digest,
    packageId: '0'.repeat(32),
    manifestHash: 'b'.repeat(64),
    product: 'uvs',
    version: '2.14.17',
    components: { uvs: { epoch: 0, releaseSeq: 17 } },
    isPartial: false,
    base: undefined,
    isEncrypted: true,
    sizeBytes: 1_000,
    plainBytes: 3_000,
    fileCount: 3,
    target: { distro: 'debian', distroVersions: ['12'], archs: ['arm64'], boards: [], roles: [] },
    services: [],
    brings: { uvs: '2.14.17' },
    holders: ['c1'],
    createdAt: 0,
  };
}

export function specOf(change: Partial<RolloutSpec> = {}): RolloutSpec {
  return {
    goal: { kind: 'release', package: 'a'.repeat(64) },
    selector: { all: true, nodes: [], roles: [], labels: {} },
    mode: 'rolling',
    budget: 1,
    stageDeadlineMs: 60_000,
    waitDeadlineMs: 60_000,
    stepDeadlineMs: 60_000,
    canary: undefined,
    onFailure: { action: 'pause', tolerated: 0 },
    rollBackAfterMs: undefined,
    acknowledgedChecks: [],
    reason: '',
    ...change,
  };
}

const ROLES: readonly (readonly string[])[] = [
  ['mon', 'mgr', 'mds'],
  ['mon', 'mgr', 'mds'],
  ['mon', 'mgr', 'mds'],
  ['osd'],
  ['osd'],
  ['osd'],
  ['osd'],
  ['mds'],
];

export const uids: readonly string[] = ROLES.map((_roles, index) => `00000000-0000-4000-8000-00000000000${index + 1}`);

export function uidOf(number: number): string {
  return uids[number - 1] ?? '';
}

/** Enrols the eight nodes demo151 to demo158 and adds the package. */
export async function enrolEight(core: Coordinator['core']): Promise<void> {
  for (const [index, uid] of uids.entries()) {
    await core.nodes.enrol(nodeOf(uid, `demo${151 + index}`, ROLES[index] ?? []), { identity: 'joining/t1' });
  }
  await core.packages.add(packageOf(), operator);
}

/** Empties etcd for the next test. */
export function wipe(etcd: EtcdForTests): void {
  etcd.ctl('del', '--prefix', '/uvs/');
}

export { FakeFleet };
