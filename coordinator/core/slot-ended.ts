import { UvsError } from '../../common/errors.ts';
import type { NodeFacts } from '../../common/facts.ts';
import type { Outcome } from '../../common/outcome.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import type { HeldSlot, StepRecord } from '../domain.ts';
import { settlementOf } from '../rollout-step.ts';
import type { Decision, Nothing } from '../state/ledger.ts';
import type { Mirror, RolloutRecords } from '../state/mirror.ts';
import type { RecordChange } from '../state/record-change.ts';
import { settledStep, slotRecord, slotUnchanged } from './slot-records.ts';

export interface EndedReport {
  readonly operation: string;
  readonly token: SlotToken | undefined;
  readonly outcome: Outcome;
  readonly message: string;
  readonly outputTail: string;
  readonly facts: NodeFacts;
}

/** The whole output stays on the node; of a success little is asked for afterwards, and there are thousands of them. */
const TAIL_CHARACTERS = 16 * 1024;
const SUCCESS_TAIL_CHARACTERS = 1024;
const MESSAGE_CHARACTERS = 2_000;

/**
 * Decides what an agent's "ended" changes. A begun slot stays, as ended, until there is evidence of health; one that was only granted goes
 * at once where nothing was done; without a slot only the step is settled. What is known already, or of no rollout, changes nothing.
 * @throws UvsError TOKEN_INVALID for a begun slot with another token
 */
export function endedDecision(mirror: Mirror, uid: string, report: EndedReport, wallMs: number): Decision<void> | Nothing<void> {
  const nothing: Nothing<void> = { nothing: true, result: undefined };
  const found = stepOf(mirror, uid, report.operation);
  if (found === undefined) return nothing;
  const { rollout, step } = found;
  const slot = mirror.slots.get(uid);
  const own = slot?.operation === report.operation ? slot : undefined;
  const node = mirror.nodes.get(uid);
  const reported: StepRecord = {
    ...step,
    message: report.message.slice(0, MESSAGE_CHARACTERS),
    outcome: report.outcome,
    outputTail: report.outputTail.slice(
      settlementOf(report.outcome, rollout.state) === 'succeeded' ? -SUCCESS_TAIL_CHARACTERS : -TAIL_CHARACTERS,
    ),
  };
  const settled = settledStep(reported, rollout.state, settlementOf(report.outcome, rollout.state), reported.message, wallMs);
  const facts: readonly RecordChange[] = node === undefined ? [] : [{ of: 'node', record: { ...node, facts: report.facts } }];
  const audit = {
    actor: `node/${uid}`,
    action: 'slots.ended',
    resource: `nodes/${uid}`,
    message: `${report.operation}: ${report.outcome}${report.message === '' ? '' : ` (${reported.message})`}`,
  };

  if (own === undefined) {
    if (!isOpen(step)) return nothing;
    const isClaim = settlementOf(report.outcome, rollout.state) === 'succeeded';
    const failed = settledStep(reported, rollout.state, 'failed', `reported as ${report.outcome} without having begun with a slot`, wallMs);
    return { changes: [{ of: 'step', record: isClaim ? failed : settled }, ...facts], audit, result: undefined };
  }
  if (own.state === 'granted' && isHarmless(report.outcome)) {
    return {
      compares: slotUnchanged(own),
      changes: [{ of: 'slot-gone', uid }, { of: 'step', record: settled }, ...facts],
      audit,
      result: undefined,
    };
  }
  if (own.state !== 'granted') demandToken(own, report, mirror.epoch);
  if (own.state === 'ended' && (own.outcome !== 'needs-operator' || report.outcome === 'needs-operator')) return nothing;
  return {
    compares: slotUnchanged(own),
    changes: [
      {
        of: 'slot',
        record: { ...slotRecord(own), state: 'ended', outcome: report.outcome, outcomeMessage: reported.message },
        lease: undefined,
      },
      { of: 'step', record: { ...reported, state: 'confirming' } },
      ...facts,
    ],
    audit,
    result: undefined,
  };
}

/** Without "begun" nothing may have been done; whoever says otherwise of a granted slot has to be looked at. */
function isHarmless(outcome: Outcome): boolean {
  return outcome === 'never-acted' || outcome === 'failed';
}

function isOpen(step: StepRecord): boolean {
  return step.state === 'staging' || step.state === 'staged' || step.state === 'granted';
}

function demandToken(slot: HeldSlot, report: EndedReport, epoch: string): void {
  const { token } = report;
  if (token?.epoch === epoch && token.createRevision === slot.token.createRevision) return;
  throw new UvsError('TOKEN_INVALID', `the token is not the one that ${report.operation} began with on node ${slot.uid}`, {
    hint: 'The node remembers another slot than the coordinator: look at it before anything else is done there.',
  });
}

export function stepOf(mirror: Mirror, uid: string, operation: string): { rollout: RolloutRecords; step: StepRecord } | undefined {
  for (const rollout of mirror.rollouts.values()) {
    const step = rollout.steps.get(uid);
    if (step?.operation === operation) return { rollout, step };
  }
  return undefined;
}
