import type { NodeAction } from '../common/node-action.ts';
import type { Outcome } from '../common/outcome.ts';
import type { SlotToken } from '../common/slot-token.ts';
import type { TaskStage } from '../common/upd/manifest.ts';
import type { JournalRecord } from './journal-record.ts';
import type { Phase } from './operation-machine.ts';

/** What the journal says of one operation. */
export interface OperationState {
  readonly operation: string;
  readonly packageDigest: string;
  readonly needsSlot: boolean;
  /** Why an operator went without a slot. */
  readonly noSlotReason: string | undefined;
  /** Undefined for a release. */
  readonly action: NodeAction | undefined;
  readonly phase: Phase;
  /** Set once the slot was granted. */
  readonly token: SlotToken | undefined;
  /** Why its slot was taken back: from then on nothing disturbs the node, except to restore its service. */
  readonly revokedReason: string | undefined;
  readonly accepted:
    { readonly manifestHash: string; readonly version: string; readonly fromVersion: string; readonly headHash: string } | undefined;
  /** Number of segments whose content is staged and synced. */
  readonly markedSegments: number;
  /** Mounts with a staging area, by their topmost directory. */
  readonly bases: readonly string[];
  /** Started and not ended. */
  readonly openTask: { readonly stage: TaskStage; readonly index: number; readonly name: string; readonly idempotent: boolean } | undefined;
  /** Name of a task that ended badly: what follows is decided, whether the agent came to write it down or not. */
  readonly failedTask: string | undefined;
  readonly finishedTasks: ReadonlySet<number>;
  readonly hasRunTasks: boolean;
  /** Units that ran before the operation stopped them. */
  readonly stoppedUnits: readonly string[];
  /** Units that a restart is about, each with the mark of the start that it had before; undefined until they are recorded. */
  readonly restartedUnits: readonly { readonly unit: string; readonly start: string }[] | undefined;
  /** Boot that a reboot was asked in; undefined until then. */
  readonly rebootedFrom: string | undefined;
  /** Goes back where it is not found healthy for so long. */
  readonly rollBackAfterMs: number | undefined;
  readonly planHash: string | undefined;
  /** Set once another agent is to go on. */
  readonly handover: { readonly from: string; readonly to: string; readonly seconds: number; readonly hadContact: boolean } | undefined;
  readonly reached: ReadonlySet<Phase>;
  /** Why it goes back. */
  readonly backReason: string | undefined;
  readonly ended:
    { readonly outcome: Outcome; readonly message: string; readonly installed: unknown; readonly mixture: unknown } | undefined;
}

/** Folds the journal's records into the operations that are not acknowledged, oldest first. */
export function replayOperations(records: readonly JournalRecord[]): ReadonlyMap<string, OperationState> {
  const operations = new Map<string, OperationState>();
  for (const record of records) {
    if (record.kind === 'opened') {
      operations.set(record.operation, fresh(record));
    } else if (record.kind === 'acknowledged') {
      operations.delete(record.operation);
    } else {
      const state = operations.get(record.operation);
      if (state !== undefined) operations.set(record.operation, { ...state, ...change(state, record) });
    }
  }
  return operations;
}

const endPhases = {
  installed: 'done',
  done: 'done',
  'rolled-back': 'rolled-back',
  'never-acted': 'failed',
  failed: 'failed',
  'needs-operator': 'needs-operator',
} as const satisfies Record<Outcome, Phase>;

function fresh(record: Extract<JournalRecord, { kind: 'opened' }>): OperationState {
  return {
    operation: record.operation,
    packageDigest: record.packageDigest,
    needsSlot: record.needsSlot,
    noSlotReason: record.noSlotReason,
    action: record.action,
    phase: 'fetching',
    token: undefined,
    revokedReason: undefined,
    accepted: undefined,
    markedSegments: 0,
    bases: [],
    openTask: undefined,
    failedTask: undefined,
    finishedTasks: new Set(),
    hasRunTasks: false,
    stoppedUnits: [],
    restartedUnits: undefined,
    rebootedFrom: undefined,
    rollBackAfterMs: record.rollBackAfterMs,
    planHash: undefined,
    handover: undefined,
    reached: new Set(['fetching']),
    backReason: undefined,
    ended: undefined,
  };
}

function change(state: OperationState, record: Exclude<JournalRecord, { kind: 'opened' | 'acknowledged' }>): Partial<OperationState> {
  switch (record.kind) {
    case 'accepted': {
      const { manifestHash, version, fromVersion, headHash } = record;
      return { accepted: { manifestHash, version, fromVersion, headHash } };
    }
    case 'marked':
      return { markedSegments: record.segments, bases: record.bases };
    case 'granted':
      return { token: record.token };
    case 'revoked':
      return { token: state.token ?? record.token, revokedReason: record.reason };
    case 'phase': {
      const reached = { phase: record.phase, reached: new Set([...state.reached, record.phase]) };
      return record.phase === 'back' ? { ...reached, backReason: record.reason } : reached;
    }
    case 'task-started': {
      const { stage, index, name, idempotent } = record;
      return { openTask: { stage, index, name, idempotent }, hasRunTasks: true };
    }
    case 'task-ended':
      return record.isGood
        ? { openTask: undefined, finishedTasks: new Set([...state.finishedTasks, record.index]) }
        : { openTask: undefined, failedTask: state.openTask?.name };
    case 'stopping':
      return { stoppedUnits: record.units };
    case 'restarting':
      return { restartedUnits: record.units };
    case 'rebooting':
      return { rebootedFrom: record.bootId };
    case 'planned':
      return { planHash: record.planHash };
    case 'handover': {
      const { from, to, seconds, hadContact } = record;
      return { handover: { from, to, seconds, hadContact } };
    }
    case 'ended': {
      const { outcome, message, installed, mixture } = record;
      return { phase: endPhases[outcome], ended: { outcome, message, installed, mixture } };
    }
    default:
      return record satisfies never;
  }
}
