import type { NodeFacts } from '../../common/facts.ts';
import type { NodeStatus } from '../../coordinator/core.ts';
import type {
  EarlierTry,
  HeldSlot,
  NodeRecord,
  PackageRecord,
  RolloutPlanRecord,
  RolloutSpec,
  RolloutStateRecord,
  StepRecord,
} from '../../coordinator/domain.ts';
import type { LiveNode } from '../../coordinator/ports.ts';

/** Records with every field set, for tests that care about a few of them. */

export const ready: NodeStatus = { state: 'ready', message: '' };

export function facts(given: Partial<NodeFacts> = {}): NodeFacts {
  return {
    distroId: 'debian',
    distroVersion: '12',
    arch: 'arm64',
    board: '',
    agentVersion: '0.1.0',
    uvsVersion: '2.14.16',
    cephVersion: '',
    kernelVersion: '6.1.0',
    diskFreeBytes: 1e9,
    diskTotalBytes: 4e9,
    bootId: 'boot-1',
    installed: [],
    daemons: [],
    ...given,
  };
}

/** A node whose UID is "uid-" and its name. */
export function node(hostname: string, roles: readonly string[], given: Partial<NodeRecord> = {}): NodeRecord {
  return {
    uid: `uid-${hostname}`,
    hostname,
    roles,
    labels: {},
    addresses: [],
    cordonReason: undefined,
    credential: '01',
    enrolledAt: 0,
    facts: facts(),
    acceptedRoles: undefined,
    reportedEpoch: undefined,
    ...given,
  };
}

export function live(hostname: string, lastHeardMs: number, given: Partial<LiveNode> = {}): LiveNode {
  return {
    uid: `uid-${hostname}`,
    facts: facts(),
    lastHeardMs,
    openedMs: 0,
    failedServices: [],
    packageRootVersion: 1,
    quarantineReason: undefined,
    openOperations: [],
    endedOperations: [],
    forgottenOperation: undefined,
    progress: new Map(),
    ...given,
  };
}

export function slot(hostname: string, given: Partial<HeldSlot> = {}): HeldSlot {
  return {
    uid: `uid-${hostname}`,
    state: 'begun',
    operation: `op-${hostname}`,
    rollout: 'ro-1',
    grantedAt: 0,
    beganAt: undefined,
    bootId: 'boot-1',
    outcome: undefined,
    outcomeMessage: undefined,
    revocation: undefined,
    epoch: undefined,
    rebuiltRevision: undefined,
    roles: [],
    removedNode: undefined,
    createRevision: 1,
    token: { epoch: 'e', createRevision: 1 },
    modRevision: 1,
    ...given,
  };
}

export function packageRecord(given: Partial<PackageRecord> = {}): PackageRecord {
  return {
    digest: 'd'.repeat(64),
    packageId: 'p'.repeat(32),
    manifestHash: 'new',
    product: 'uvs',
    version: '2.14.17',
    components: { uvs: { epoch: 0, releaseSeq: 17 } },
    isPartial: false,
    base: undefined,
    isEncrypted: false,
    sizeBytes: 1000,
    plainBytes: 3000,
    fileCount: 3,
    target: { distro: '', distroVersions: [], archs: [], boards: [], roles: [] },
    services: [],
    brings: {},
    holders: [],
    createdAt: 0,
    ...given,
  };
}

export function rolloutSpec(given: Partial<RolloutSpec> = {}): RolloutSpec {
  return {
    goal: { kind: 'release', package: 'd'.repeat(64) },
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
    ...given,
  };
}

export function rolloutPlan(order: readonly string[], spec: Partial<RolloutSpec> = {}): RolloutPlanRecord {
  return {
    id: 'ro-1',
    spec: rolloutSpec(spec),
    version: '2.14.17',
    creator: 'operator/alice',
    createdAt: 0,
    order,
    hostnames: [],
    canaries: 0,
    skipped: {},
  };
}

export function rolloutState(given: Partial<RolloutStateRecord> = {}): RolloutStateRecord {
  return {
    state: 'running',
    reason: '',
    pause: undefined,
    endedAt: undefined,
    attempt: 1,
    pausedAt: undefined,
    approvedBy: undefined,
    counts: undefined,
    ...given,
  };
}

/** An operation in whose place another was given. */
export function tried(operation: string, outcome: EarlierTry['outcome']): EarlierTry {
  return { operation, attempt: 1, state: 'failed', message: `it was ${outcome}`, outcome, beganAt: 1, endedAt: 2 };
}

export function stepRecord(hostname: string, given: Partial<StepRecord> = {}): StepRecord {
  return {
    rollout: 'ro-1',
    uid: `uid-${hostname}`,
    hostname,
    state: 'staging',
    operation: `op-${hostname}`,
    attempt: 1,
    message: '',
    outcome: undefined,
    beganAt: undefined,
    endedAt: undefined,
    outputTail: '',
    earlier: [],
    ...given,
  };
}
