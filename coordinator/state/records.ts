import * as v from 'valibot';
import type {
  AuditRecord,
  DrainRecord,
  LedgerRecord,
  LimitRecord,
  Member,
  NodeRecord,
  PackageRecord,
  RolloutPlanRecord,
  RolloutStateRecord,
  SlotRecord,
  StepRecord,
  SettingsRecord,
} from '../domain.ts';
import { migrationActs } from '../../common/migration.ts';
import { m2States } from '../../common/m2-states.ts';
import { slotStates } from '../slot-machine.ts';
import { addedLater, orUndefined } from './parse.ts';

const text = v.string();
const texts = v.array(text);
const textMap = v.record(text, text);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const time = v.pipe(v.number(), v.finite());

const facts = v.strictObject({
  distroId: text,
  distroVersion: text,
  arch: text,
  board: text,
  agentVersion: text,
  uvsVersion: text,
  cephVersion: text,
  kernelVersion: text,
  diskFreeBytes: v.number(),
  diskTotalBytes: v.number(),
  bootId: text,
  installed: v.array(v.strictObject({ component: text, version: text, epoch: count, releaseSeq: count, manifestHash: text })),
  // absent in records of before there was the field
  daemons: v.optional(orUndefined(texts), null),
  waysBack: addedLater(
    v.strictObject({
      releases: v.array(v.strictObject({ manifestHash: text, version: text, toVersion: text, sizeBytes: count, refusal: text })),
      why: text,
    }),
  ),
  mixture: v.exactOptional(text),
  m2: v.exactOptional(v.strictObject({ state: v.picklist(m2States), message: text })),
  mixedReleases: v.exactOptional(texts),
});

const outcome = v.picklist(['installed', 'done', 'rolled-back', 'never-acted', 'failed', 'needs-operator']);

const uuid = v.pipe(text, v.uuid());

/** `adopted`: the epochs whose place it takes; a coordinator that remembers one of them follows. */
export const epochSchema = v.strictObject({ epoch: uuid, adopted: v.optional(v.array(uuid), []) });

export const ledgerSchema = v.strictObject({
  seq: count,
  nodeEntries: v.optional(count, 0),
  requestId: text,
  freezeReason: orUndefined(text),
  budgets: v.record(text, count),
  hold: addedLater(v.strictObject({ reason: text, epochs: v.array(text) })),
  isAdopting: v.optional(v.boolean(), false),
}) satisfies v.GenericSchema<unknown, LedgerRecord>;

export const memberSchema = v.strictObject({ id: text, grpcAddress: text, httpsAddress: text }) satisfies v.GenericSchema<unknown, Member>;

export const nodeSchema = v.strictObject({
  uid: text,
  hostname: text,
  roles: texts,
  acceptedRoles: addedLater(texts),
  labels: textMap,
  addresses: texts,
  cordonReason: orUndefined(text),
  credential: text,
  enrolledAt: time,
  facts: orUndefined(facts),
  reportedEpoch: addedLater(uuid),
}) satisfies v.GenericSchema<unknown, NodeRecord>;

export const slotSchema = v.strictObject({
  uid: text,
  state: v.picklist(slotStates),
  operation: text,
  rollout: text,
  grantedAt: time,
  beganAt: orUndefined(time),
  bootId: text,
  outcome: orUndefined(outcome),
  outcomeMessage: orUndefined(text),
  revocation: addedLater(v.strictObject({ by: text, reason: text, at: time })),
  epoch: addedLater(uuid),
  rebuiltRevision: addedLater(count),
  roles: v.optional(texts, []),
  removedNode: addedLater(v.strictObject({ hostname: text, roles: texts, addresses: v.optional(texts, []) })),
}) satisfies v.GenericSchema<unknown, SlotRecord>;

export const drainSchema = v.strictObject({
  uid: text,
  operation: text,
  state: v.picklist(['setting', 'set', 'restoring']),
  set: textMap,
  notes: textMap,
  stuck: addedLater(v.strictObject({ since: time, reason: text })),
}) satisfies v.GenericSchema<unknown, DrainRecord>;

export const limitSchema = v.strictObject({ scope: text, unit: text, values: textMap }) satisfies v.GenericSchema<unknown, LimitRecord>;

export const settingsSchema = v.strictObject({ scope: text, values: textMap }) satisfies v.GenericSchema<unknown, SettingsRecord>;

export const packageSchema = v.strictObject({
  digest: text,
  packageId: text,
  manifestHash: text,
  product: text,
  version: text,
  components: v.record(text, v.strictObject({ epoch: count, releaseSeq: count })),
  isPartial: v.boolean(),
  base: orUndefined(text),
  isEncrypted: v.boolean(),
  sizeBytes: count,
  plainBytes: count,
  fileCount: count,
  target: v.strictObject({ distro: text, distroVersions: texts, archs: texts, boards: texts, roles: texts }),
  services: texts,
  brings: textMap,
  // absent where nothing is, so that an older coordinator reads what has none
  privileged: v.exactOptional(v.strictObject({ first: texts, count })),
  demands: v.exactOptional(v.strictObject({ minAgent: text, requires: texts, undone: v.array(v.picklist(['reboot', 'packages'])) })),
  holders: texts,
  createdAt: time,
}) satisfies v.GenericSchema<unknown, PackageRecord>;

const specEntries = {
  selector: v.strictObject({ all: v.boolean(), nodes: texts, roles: texts, labels: textMap }),
  mode: v.picklist(['rolling', 'parallel']),
  budget: count,
  stageDeadlineMs: count,
  waitDeadlineMs: count,
  stepDeadlineMs: count,
  canary: addedLater(v.strictObject({ nodes: texts, count, soakMs: count, needsApproval: v.boolean() })),
  onFailure: v.optional(v.strictObject({ action: v.picklist(['pause', 'continue', 'abort']), tolerated: count }), {
    action: 'pause',
    tolerated: 0,
  }),
  rollBackAfterMs: addedLater(count),
  acknowledgedChecks: v.optional(texts, []),
  reason: v.optional(text, ''),
} as const;

const specSchema = v.strictObject({
  ...specEntries,
  goal: v.variant('kind', [
    v.strictObject({ kind: v.literal('release'), package: text }),
    v.strictObject({ kind: v.literal('reboot') }),
    v.strictObject({ kind: v.literal('restart'), units: texts }),
    v.strictObject({ kind: v.literal('rollback'), release: text, version: text }),
    v.strictObject({ kind: v.literal('migration'), act: v.picklist(migrationActs), directory: text, units: texts }),
  ]),
});

/** As it was written when a rollout could only bring a release. */
const releaseSpecSchema = v.pipe(
  v.strictObject({ ...specEntries, package: text }),
  v.transform(({ package: digest, ...rest }) => ({ ...rest, goal: { kind: 'release' as const, package: digest } })),
);

export const planSchema = v.strictObject({
  id: text,
  spec: v.union([specSchema, releaseSpecSchema]),
  version: text,
  creator: text,
  createdAt: time,
  order: texts,
  hostnames: v.optional(texts, []),
  canaries: v.optional(count, 0),
  skipped: textMap,
}) satisfies v.GenericSchema<unknown, RolloutPlanRecord>;

export const rolloutStateSchema = v.strictObject({
  state: v.picklist(['running', 'paused', 'succeeded', 'failed', 'aborted']),
  reason: text,
  pause: addedLater(
    v.variant('cause', [
      v.strictObject({ cause: v.picklist(['approval', 'failure']) }),
      v.strictObject({ cause: v.literal('operator'), by: text }),
    ]),
  ),
  pausedAt: addedLater(time),
  endedAt: orUndefined(time),
  attempt: count,
  approvedBy: addedLater(text),
  counts: addedLater(v.strictObject({ succeeded: count, failed: count, skipped: count })),
}) satisfies v.GenericSchema<unknown, RolloutStateRecord>;

const tryEntries = {
  state: v.picklist(['pending', 'staging', 'staged', 'granted', 'begun', 'confirming', 'succeeded', 'failed', 'skipped']),
  operation: text,
  attempt: count,
  message: text,
  beganAt: orUndefined(time),
  endedAt: orUndefined(time),
} as const;

export const stepSchema = v.strictObject({
  ...tryEntries,
  rollout: text,
  uid: text,
  hostname: v.optional(text, ''),
  outcome: orUndefined(outcome),
  outputTail: text,
  earlier: v.optional(v.array(v.strictObject({ ...tryEntries, outcome })), []),
}) satisfies v.GenericSchema<unknown, StepRecord>;

export const operationSchema = v.strictObject({ rollout: text, uid: text });

export const auditSchema = v.strictObject({
  seq: count,
  at: time,
  actor: text,
  action: text,
  resource: text,
  message: text,
  hostname: addedLater(text),
}) satisfies v.GenericSchema<unknown, AuditRecord>;

export const joinTokenSchema = v.strictObject({ id: text, usesLeft: count });

export const credentialSchema = v.strictObject({
  serial: text,
  fingerprint: text,
  identity: text,
  hostname: addedLater(text),
  issuedAt: time,
  isWithdrawn: v.boolean(),
});

/** The newest root file and the chain that leads to it, base64; each coordinator follows it itself. */
export const packageRootSchema = v.strictObject({ version: count, sha256: text, chain: text });

export const withdrawalsSchema = v.strictObject({ counter: count, fingerprints: texts });

/** What a client's request id has led to: the action it was for, the hash of what was asked, and the name of what was made. */
export const requestSchema = v.strictObject({ action: text, content: text, result: text });
