import { toTimestamp } from '../../../common/rpc/proto-time.ts';
import type { SlotToken } from '../../../common/slot-token.ts';
import type { GateAnswer } from '../../../proto/gen/uvs/v1/GateAnswer.ts';
import type { Slot } from '../../../proto/gen/uvs/v1/Slot.ts';
import type { SlotState as SlotStateMessage } from '../../../proto/gen/uvs/v1/SlotState.ts';
import type { SlotToken as TokenMessage, SlotToken__Output } from '../../../proto/gen/uvs/v1/SlotToken.ts';
import type { SlotView, TimedAnswer } from '../../core.ts';
import type { SlotState } from '../../domain.ts';
import { invalid } from '../validate.ts';

const states = {
  granted: 'SLOT_STATE_GRANTED',
  begun: 'SLOT_STATE_BEGUN',
  revoked: 'SLOT_STATE_REVOKED',
  quarantined: 'SLOT_STATE_QUARANTINED',
  ended: 'SLOT_STATE_ENDED',
} as const satisfies Record<SlotState, SlotStateMessage>;

export function slotMessage(slot: SlotView): Slot {
  return {
    name: `slots/${slot.uid}`,
    nodeUid: slot.uid,
    hostname: slot.hostname,
    state: states[slot.state],
    token: tokenMessage(slot.token),
    operation: `operations/${slot.operation}`,
    rollout: slot.rollout === '' ? '' : `rollouts/${slot.rollout}`,
    grantTime: toTimestamp(slot.grantedAt),
    message: slot.message,
    beginTime: slot.beganAt === undefined ? null : toTimestamp(slot.beganAt),
    revokedBy: slot.revocation?.by ?? '',
    revokeReason: slot.revocation?.reason ?? '',
    known: slot.known,
  };
}

export function tokenMessage(token: SlotToken): TokenMessage {
  return { epoch: token.epoch, createRevision: String(token.createRevision) };
}

/** @throws UvsError INVALID_ARGUMENT */
export function tokenFrom(message: SlotToken__Output | null, field = 'token'): SlotToken {
  if (message === null) throw invalid(field, 'is required');
  const createRevision = Number(message.createRevision);
  if (!/^[0-9a-f-]{36}$/.test(message.epoch)) throw invalid(`${field}.epoch`, 'is no UUID');
  if (!Number.isSafeInteger(createRevision) || createRevision < 1) throw invalid(`${field}.create_revision`, 'is no revision');
  return { epoch: message.epoch, createRevision };
}

export function gateAnswerMessage(gate: string, answer: TimedAnswer): GateAnswer {
  return {
    gate: `gates/${gate}`,
    yes: answer.isYes,
    message: answer.message,
    answerTime: toTimestamp(answer.at),
    durationMs: String(Math.round(answer.durationMs)),
  };
}
