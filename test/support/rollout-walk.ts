import type { Outcome } from '../../common/outcome.ts';
import type { FailurePolicy, RolloutMode, StepState } from '../../coordinator/domain.ts';
import { stepStage } from '../../coordinator/rollout-step.ts';
import { Seeded } from '../chaos/seeded.ts';
import { RolloutModel } from './rollout-model.ts';

/** What was seen to follow what, as "from to". */
export interface Walked {
  readonly steps: ReadonlySet<string>;
  readonly rollouts: ReadonlySet<string>;
}

const policies = [
  { action: 'pause', tolerated: 0 },
  { action: 'continue', tolerated: 2 },
  { action: 'abort', tolerated: 0 },
] as const;
const outcomes = ['installed', 'installed', 'installed', 'rolled-back', 'never-acted', 'needs-operator', 'failed'] as const;
const nodes = ['mon1', 'mon2', 'mon3', 'osd1', 'osd2'].map((hostname) => ({ hostname, roles: [hostname.slice(0, 3)] }));
/** Longer than any deadline of the model's plan. */
const LATE_MS = 70_000;

/** Lets the decisions of a rollout run through whatever may happen to it, and notes every change of a step's stage and of the rollout's state. */
export function walkRollouts(seed: string, walks: number, eventsPerWalk: number): Walked {
  const steps = new Set<string>();
  const rollouts = new Set<string>();
  const chance = new Seeded(seed);
  for (let walk = 0; walk < walks; walk += 1) {
    const mode = chance.pick<RolloutMode>(['rolling', 'parallel']);
    const budgets = { budget: chance.between(1, 4), clusterBudget: chance.between(1, 3) };
    const model = new RolloutModel({ nodes, mode, ...budgets, onFailure: chance.pick<FailurePolicy>(policies) });
    let before = stagesOf(model);
    let state = model.state.state;
    const note = (): void => {
      const now = stagesOf(model);
      for (const [uid, stage] of now) {
        const was = before.get(uid);
        if (was !== undefined && was !== stage) steps.add(`${was} ${stage}`);
      }
      before = now;
      if (model.state.state !== state) rollouts.add(`${state} ${model.state.state}`);
      state = model.state.state;
    };
    for (let event = 0; event < eventsPerWalk; event += 1) happen(model, chance, note);
    goWell(model, note);
  }
  return { steps, rollouts };
}

function stagesOf(model: RolloutModel): ReadonlyMap<string, StepState> {
  return new Map(model.situation().steps.map((step) => [step.uid, stepStage(step, model.state)]));
}

/** One thing; each change that it makes is noted for itself. */
function happen(model: RolloutModel, chance: Seeded, note: () => void): void {
  const [first = ''] = model.plan.order;
  const uid = chance.pick([first, ...model.plan.order.slice(1)]);
  const agent = model.agent(uid);
  const what = chance.between(1, 44);
  if (what <= 18) {
    for (const action of model.next()) {
      // some are lost on their way
      if (chance.between(1, 5) === 1) continue;
      model.apply(action);
      note();
    }
  } else if (what <= 32) model.advance(uid, chance.pick<Outcome>(outcomes));
  else if (what <= 34) model.nowMs += chance.pick([100, 1_500, LATE_MS]);
  else if (what <= 36) model.lapse(uid);
  else if (what === 37) agent.isConnected = !agent.isConnected;
  else if (what === 38) model.repair(uid);
  else if (what <= 41) model.resume();
  else if (what === 42) operate(model, chance.between(1, 8), uid);
  else if (what === 43 && chance.between(1, 3) === 1) model.force(uid);
  else if (what === 44 && chance.between(1, 4) === 1) agent.isEnrolled = false;
  note();
}

/** From here on nothing goes wrong any more. */
function goWell(model: RolloutModel, note: () => void): void {
  for (let round = 0; round < 40 && model.state.endedAt === undefined; round += 1) {
    model.nowMs += 1_500;
    model.resume();
    note();
    for (const action of model.next()) {
      model.apply(action);
      note();
    }
    for (const uid of model.plan.order) {
      model.agent(uid).isConnected = true;
      model.repair(uid);
      model.advance(uid, 'installed');
      note();
    }
  }
}

/** An operator pauses, or, more rarely, aborts. */
function operate(model: RolloutModel, wish: number, uid: string): void {
  if (wish <= 3 && model.state.state === 'running') model.state = { ...model.state, state: 'paused', reason: `because of ${uid}` };
  if (wish >= 7 && model.state.endedAt === undefined) model.state = { ...model.state, state: 'aborted', reason: `because of ${uid}` };
}
