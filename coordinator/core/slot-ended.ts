import { UvsError } from '../../common/errors.ts';
import type { NodeFacts } from '../../common/facts.ts';
import type { Outcome } from '../../common/outcome.ts';
import { isSameToken, type SlotToken } from '../../common/slot-token.ts';
import type { HeldSlot, RolloutStateRecord, SlotRecord, StepRecord } from '../domain.ts';
import { canEndAs } from '../goal.ts';
import { settlementOf } from '../rollout-step.ts';
import { keys } from '../state/keys.ts';
import type { Decision, Nothing } from '../state/decision.ts';
import type { Mirror, RolloutRecords } from '../state/mirror.ts';
import type { RecordChange } from '../state/record-change.ts';
import { lostSlot, settledStep, slotRecord, slotUnchanged } from './slot-records.ts';

export interface EndedReport {
  readonly operation: string;
  readonly token: SlotToken | undefined;
  readonly outcome: Outcome;
  readonly message: string;
  readonly outputTail: string;
  readonly facts: NodeFacts;
}

/** What is made of a report by an agent that remembered nothing of the operation when it introduced itself: an operator has to look. */
export function doubted(report: EndedReport): EndedReport {
  if (report.outcome === 'needs-operator') return report;
  const message = `its agent remembered nothing of it, and says ${report.outcome}: see that the node is in order`;
  return { ...report, outcome: 'needs-operator', message };
}

/** Says what is wrong with an end that an operation of its rollout can't have; undefined: nothing, or nobody knows its goal any more. */
export function misfit(mirror: Mirror, uid: string, rollout: string, outcome: Outcome): string | undefined {
  const goal = mirror.rollouts.get(rollout)?.plan.spec.goal;
  if (goal === undefined || canEndAs(goal, outcome)) return undefined;
  const then = `see that the node is in order, then "uvsctl slots release ${mirror.nodes.get(uid)?.hostname ?? uid} --reason TEXT"`;
  return `its agent says ${outcome} of a ${goal.kind}, which can't be: ${then}`;
}

/** The whole output stays on the node; of a success little is asked for afterwards, and there are thousands of them. */
const TAIL_CHARACTERS = 16 * 1024;
const SUCCESS_TAIL_CHARACTERS = 1024;
const MESSAGE_CHARACTERS = 2_000;

/**
 * Decides what an agent's "ended" changes. A slot that has begun stays, as ended, until there is evidence of health; one that was only
 * granted goes at once where nothing was done; without a slot only the step is settled. What is known already, or of no rollout and no
 * slot, changes nothing. An end that does not fit the goal needs an operator. A release that was installed under a slot that etcd has lost ends in that slot made anew, and is proven like any other.
 * @throws UvsError TOKEN_INVALID for a begun slot with another token; NOT_ALLOWED_NOW while etcd was put back: what it knows would be believed
 */
export function endedDecision(mirror: Mirror, uid: string, told: EndedReport, wallMs: number): Decision<void> | Nothing<void> {
  const nothing: Nothing<void> = { nothing: true, result: undefined };
  const { hold } = mirror.ledger;
  if (hold !== undefined) throw new UvsError('NOT_ALLOWED_NOW', `no end is taken note of: ${hold.reason}`, { hint: 'It is told again.' });
  const found = stepOf(mirror, uid, told.operation);
  const slot = mirror.slots.get(uid);
  const own = slot?.operation === told.operation ? slot : undefined;
  const wrong = misfit(mirror, uid, own?.rollout ?? found?.step.rollout ?? '', told.outcome);
  // it says nothing of the node that could be relied on, or proven
  const report: EndedReport = wrong === undefined ? told : { ...told, outcome: 'needs-operator', message: wrong };
  const node = mirror.nodes.get(uid);
  const message = report.message.slice(0, MESSAGE_CHARACTERS);
  const facts: readonly RecordChange[] = node === undefined ? [] : [{ of: 'node', record: { ...node, facts: report.facts } }];
  const audit = {
    actor: `node/${uid}`,
    action: 'slots.ended',
    resource: `nodes/${uid}`,
    message: `${report.operation}: ${report.outcome}${message === '' ? '' : ` (${message})`}`,
  };
  const reported = found === undefined ? undefined : reportedStep(found.step, report, message, found.rollout.state);

  if (own === undefined) {
    if (found === undefined || reported === undefined || !isOpen(found.step)) return nothing;
    const { state } = found.rollout;
    const isClaim = settlementOf(report.outcome, state) === 'succeeded';
    const { token } = report;
    if (isClaim && slot === undefined && node !== undefined && token !== undefined && mirror.adoptedEpochs.includes(token.epoch)) {
      const { operation, outcome } = report;
      const record = lostSlot(node, { operation, token, state: 'ended', outcome, outcomeMessage: message }, found.step.rollout, wallMs);
      return {
        compares: [{ on: 'create', key: keys.slot(uid), equals: 0 }],
        changes: [{ of: 'slot', record, lease: undefined }, { of: 'step', record: { ...reported, state: 'confirming' } }, ...facts],
        audit,
        result: undefined,
      };
    }
    const record = isClaim
      ? settledStep(reported, state, 'failed', `reported as ${report.outcome} without having begun with a slot`, wallMs)
      : settledStep(reported, state, settlementOf(report.outcome, state), message, wallMs);
    return { changes: [{ of: 'step', record }, ...facts], audit, result: undefined };
  }
  if (own.state === 'granted' && isHarmless(report.outcome)) {
    const settled: readonly RecordChange[] =
      found === undefined || reported === undefined
        ? []
        : [
            {
              of: 'step',
              record: settledStep(reported, found.rollout.state, settlementOf(report.outcome, found.rollout.state), message, wallMs),
            },
          ];
    return { compares: slotUnchanged(own), changes: [{ of: 'slot-gone', uid }, ...settled, ...facts], audit, result: undefined };
  }
  if (own.state !== 'granted') demandToken(own, report);
  if (own.state === 'ended' && (own.outcome !== 'needs-operator' || report.outcome === 'needs-operator')) return nothing;
  // what was taken from its rollout by force is settled there
  const step: readonly RecordChange[] =
    reported === undefined || own.state === 'quarantined' ? [] : [{ of: 'step', record: { ...reported, state: 'confirming' } }];
  const record: SlotRecord = { ...slotRecord(own), state: 'ended', outcome: report.outcome, outcomeMessage: message };
  return { compares: slotUnchanged(own), changes: [{ of: 'slot', record, lease: undefined }, ...step, ...facts], audit, result: undefined };
}

function reportedStep(step: StepRecord, report: EndedReport, message: string, state: RolloutStateRecord): StepRecord {
  const tail = settlementOf(report.outcome, state) === 'succeeded' ? SUCCESS_TAIL_CHARACTERS : TAIL_CHARACTERS;
  return { ...step, message, outcome: report.outcome, outputTail: lastLines(report.outputTail, tail) };
}

/** Without "begun" nothing may have been done; whoever says otherwise of a granted slot has to be looked at. */
function isHarmless(outcome: Outcome): boolean {
  return outcome === 'never-acted' || outcome === 'failed';
}

function isOpen(step: StepRecord): boolean {
  return step.state === 'staging' || step.state === 'staged' || step.state === 'granted';
}

function demandToken(slot: HeldSlot, report: EndedReport): void {
  if (report.token !== undefined && isSameToken(report.token, slot.token)) return;
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

/** The last whole lines: a part of one would not say its phase. */
function lastLines(text: string, characters: number): string {
  if (text.length <= characters) return text;
  // With the character before, so that a line that just fits is whole.
  const tail = text.slice(-characters - 1);
  return tail.slice(tail.indexOf('\n') + 1);
}
