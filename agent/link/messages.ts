import * as v from 'valibot';
import { agentBounds } from '../../common/agent-bounds.ts';
import { cutText } from '../../common/cut.ts';
import { MAX_WAYS_BACK, type NodeFacts, type WaysBack } from '../../common/facts.ts';
import { isDirectoryName } from '../../common/migration.ts';
import type { Outcome } from '../../common/outcome.ts';
import { MAX_UNIT_PATTERNS, unitPattern } from '../../common/unit-pattern.ts';
import { PART_CAPS } from '../../common/upd/container.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import type { LimitsAnswer } from '../../proto/gen/uvs/agent/v1/LimitsAnswer.ts';
import type { LimitsReport } from '../../proto/gen/uvs/agent/v1/LimitsReport.ts';
import type { SettingsReport } from '../../proto/gen/uvs/agent/v1/SettingsReport.ts';
import type { SettingState } from '../../proto/gen/uvs/v1/SettingState.ts';
import type { Outcome as ProtoOutcome } from '../../proto/gen/uvs/agent/v1/Outcome.ts';
import type { SessionResponse__Output } from '../../proto/gen/uvs/agent/v1/SessionResponse.ts';
import type { LimitState } from '../../proto/gen/uvs/v1/LimitState.ts';
import type { NodeWaysBack as ProtoWaysBack } from '../../proto/gen/uvs/v1/NodeWaysBack.ts';
import type { NodeFacts as ProtoFacts } from '../../proto/gen/uvs/v1/NodeFacts.ts';
import type { SlotToken as ProtoToken } from '../../proto/gen/uvs/v1/SlotToken.ts';
import type { LimitedUnit } from '../limits/keeper.ts';
import { limitRulesSchema, limitsSchema, type ForeseenLimits, type ReportedLimits } from '../limits/kept-limits.ts';
import { settingsSchema, type ReportedSettings } from '../settings/kept-settings.ts';
import type { KeptSetting } from '../settings/ports.ts';

/** Nodes keep a list of at most this many withdrawn certificates. */
export const MAX_WITHDRAWALS = 100_000;

const operation = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const address = v.pipe(v.string(), v.regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]{1,253}):[0-9]{1,5}$/));
const addresses = v.pipe(v.array(address), v.maxLength(64));
/** proto-loader gives 64-bit numbers as decimal text. */
const int64 = v.pipe(v.string(), v.regex(/^[0-9]{1,16}$/), v.transform(Number), v.safeInteger());
const unit = v.pipe(
  v.string(),
  v.check((text) => unitPattern(text) === text),
);
const migrationAct = v.union([
  v.pipe(
    v.literal('MIGRATION_ACT_MIGRATE'),
    v.transform(() => 'migrate' as const),
  ),
  v.pipe(
    v.literal('MIGRATION_ACT_UNDO'),
    v.transform(() => 'undo' as const),
  ),
  v.pipe(
    v.literal('MIGRATION_ACT_CONFIRM'),
    v.transform(() => 'confirm' as const),
  ),
]);
const token = v.object({ epoch: v.pipe(v.string(), v.uuid()), createRevision: int64 });
const text = v.pipe(v.string(), v.maxLength(4096));

const schemas = {
  welcome: v.object({ heartbeatIntervalMs: v.number(), epoch: v.string(), httpsAddresses: addresses, coordinators: addresses }),
  notLeader: v.object({ leaderGrpcAddress: v.union([v.literal(''), address]) }),
  assign: v.union([
    v.object({
      operation,
      packageDigest: sha256,
      packageSizeBytes: int64,
      manifestHash: sha256,
      rollBackAfterSeconds: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      action: v.optional(v.undefined()),
    }),
    v.object({ operation, action: v.literal('reboot'), reboot: v.object({}) }),
    v.object({
      operation,
      action: v.literal('rollback'),
      rollback: v.object({ release: sha256, version: v.pipe(v.string(), v.maxLength(256)) }),
    }),
    v.object({
      operation,
      action: v.literal('restart'),
      restart: v.object({ units: v.pipe(v.array(unit), v.minLength(1), v.maxLength(MAX_UNIT_PATTERNS)) }),
    }),
    v.object({
      operation,
      action: v.literal('migration'),
      migration: v.object({
        act: migrationAct,
        directory: v.pipe(v.string(), v.check(isDirectoryName)),
        units: v.pipe(v.array(unit), v.maxLength(MAX_UNIT_PATTERNS)),
      }),
    }),
  ]),
  grant: v.object({ operation, token }),
  cancel: v.object({ operation, reason: text }),
  healthProbe: v.object({ nonce: text }),
  readOutput: v.object({ requestId: text, operation }),
  revoke: v.object({ operation, token, reason: text }),
  packageRoot: v.object({ rootChain: v.pipe(v.instance(Uint8Array), v.maxLength(PART_CAPS.rootChain)) }),
  limits: limitsSchema,
  limitsQuestion: v.object({ nonce: text, rules: limitRulesSchema }),
  settings: settingsSchema,
  withdrawals: v.object({ counter: int64, fingerprints: v.pipe(v.array(sha256), v.maxLength(MAX_WITHDRAWALS)) }),
} as const;

type Schemas = typeof schemas;

/** What the coordinator says, checked; `kind` is the name of the field in the proto. */
export type FromCoordinator = { [K in keyof Schemas]: { readonly kind: K } & v.InferOutput<Schemas[K]> }[keyof Schemas];
export type Assignment = v.InferOutput<Schemas['assign']>;
export type PackageAssignment = Extract<Assignment, { packageDigest: string }>;

/** Checks a message; undefined where it is unknown (a newer coordinator) or malformed. */
export function readMessage(raw: SessionResponse__Output): FromCoordinator | undefined {
  switch (raw.message) {
    case 'welcome':
      return checked('welcome', raw.welcome);
    case 'notLeader':
      return checked('notLeader', raw.notLeader);
    case 'assign':
      return checked('assign', raw.assign);
    case 'grant':
      return checked('grant', raw.grant);
    case 'cancel':
      return checked('cancel', raw.cancel);
    case 'healthProbe':
      return checked('healthProbe', raw.healthProbe);
    case 'readOutput':
      return checked('readOutput', raw.readOutput);
    case 'limits':
      return checked('limits', raw.limits);
    case 'limitsQuestion':
      return checked('limitsQuestion', raw.limitsQuestion);
    case 'settings':
      return checked('settings', raw.settings);
    case 'withdrawals':
      return checked('withdrawals', raw.withdrawals);
    case 'revoke':
      return checked('revoke', raw.revoke);
    case 'packageRoot':
      return checked('packageRoot', raw.packageRoot);
    case undefined:
      return undefined;
    default:
      raw.message satisfies never;
      return undefined;
  }
}

function checked<K extends keyof Schemas>(kind: K, value: unknown): ({ readonly kind: K } & v.InferOutput<Schemas[K]>) | undefined {
  const schema: Schemas[K] = schemas[kind];
  const result = v.safeParse(schema, value);
  return result.success ? { kind, ...result.output } : undefined;
}

export function toProtoToken(token: SlotToken): ProtoToken {
  return { epoch: token.epoch, createRevision: String(token.createRevision) };
}

export function toProtoFacts(facts: NodeFacts): ProtoFacts {
  const said = (text: string): string => cutText(text, agentBounds.fact);
  return {
    ...facts,
    distroId: said(facts.distroId),
    distroVersion: said(facts.distroVersion),
    board: said(facts.board),
    cephVersion: said(facts.cephVersion),
    diskFreeBytes: String(facts.diskFreeBytes),
    diskTotalBytes: String(facts.diskTotalBytes),
    installed: facts.installed.map((release) => ({ ...release, epoch: String(release.epoch), releaseSeq: String(release.releaseSeq) })),
    waysBack: facts.waysBack === undefined ? null : toProtoWaysBack(facts.waysBack),
    daemons: facts.daemons === undefined ? null : { names: [...facts.daemons] },
    mixture: cutText(facts.mixture ?? '', agentBounds.reason),
    m2: facts.m2 === undefined ? null : { ...facts.m2, message: cutText(facts.m2.message, agentBounds.reason) },
    mixedReleases: [...(facts.mixedReleases ?? [])],
  };
}

function toProtoWaysBack({ releases, why }: WaysBack): ProtoWaysBack {
  const told = releases.slice(0, MAX_WAYS_BACK).map(({ refusal, ...release }) => ({
    ...release,
    sizeBytes: String(release.sizeBytes),
    refusal: cutText(refusal, agentBounds.reason),
  }));
  return { releases: told, why: cutText(why, agentBounds.reason) };
}

const limitStates = {
  'in-force': 'LIMIT_STATE_IN_FORCE',
  'from-next-start': 'LIMIT_STATE_FROM_NEXT_START',
  unmet: 'LIMIT_STATE_UNMET',
  refused: 'LIMIT_STATE_REFUSED',
} as const satisfies Record<LimitedUnit['state'], LimitState>;

export function toProtoLimits({ hash, units, trouble }: ReportedLimits): LimitsReport {
  const told = units.slice(0, agentBounds.limitedUnits).map(({ unit, state, message, mended }) => ({
    unit,
    state: limitStates[state],
    message: cutText(message, agentBounds.reason),
    mended: [...mended],
  }));
  return { hash, units: told, trouble: cutText(trouble, agentBounds.reason) };
}

export function toProtoAnswer(nonce: string, { refused, trouble }: ForeseenLimits): LimitsAnswer {
  const told = [...refused].slice(0, agentBounds.limitedUnits).map(([unit, why]) => ({ unit, message: cutText(why, agentBounds.reason) }));
  return { nonce, refused: told, trouble: cutText(trouble, agentBounds.reason) };
}

const settingStates = {
  'in-force': 'SETTING_STATE_IN_FORCE',
  waiting: 'SETTING_STATE_WAITING',
  unmet: 'SETTING_STATE_UNMET',
  refused: 'SETTING_STATE_REFUSED',
} as const satisfies Record<KeptSetting['state'], SettingState>;

export function toProtoSettings({ hash, settings, trouble, clock }: ReportedSettings): SettingsReport {
  const told = settings.slice(0, agentBounds.settings).map(({ state, message, mended, ...setting }) => ({
    ...setting,
    state: settingStates[state],
    message: cutText(message, agentBounds.reason),
    mended: [...mended],
  }));
  return { hash, settings: told, trouble: cutText(trouble, agentBounds.reason), clock: clock ?? null };
}

const outcomes = {
  installed: 'OUTCOME_INSTALLED',
  done: 'OUTCOME_DONE',
  'rolled-back': 'OUTCOME_ROLLED_BACK',
  'never-acted': 'OUTCOME_NEVER_ACTED',
  failed: 'OUTCOME_FAILED',
  'needs-operator': 'OUTCOME_NEEDS_OPERATOR',
} as const satisfies Record<Outcome, ProtoOutcome>;

export function toProtoOutcome(outcome: Outcome): ProtoOutcome {
  return outcomes[outcome];
}
