import * as fc from 'fast-check';
import t from 'tap';
import type { Outcome } from '../../common/outcome.ts';
import { RolloutModel, type ModelOptions } from '../support/rollout-model.ts';

type Event =
  | { readonly kind: 'decide'; readonly lost: number }
  | { readonly kind: 'advance'; readonly index: number; readonly outcome: Outcome }
  | { readonly kind: 'round'; readonly outcome: Outcome }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'lapse' | 'connect' | 'cordon' | 'repair'; readonly index: number }
  | { readonly kind: 'freeze' | 'pause' | 'resume' | 'abort' | 'change-leader' };

const index = fc.nat(5);
const outcome = fc.constantFrom<Outcome>(
  'installed',
  'installed',
  'installed',
  'installed',
  'rolled-back',
  'never-acted',
  'needs-operator',
  'failed',
);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('decide'), lost: fc.nat(255) }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('advance'), index, outcome }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('round'), outcome }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(100, 1_500, 70_000) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('lapse', 'connect', 'cordon', 'repair'), index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('freeze', 'pause', 'resume', 'resume', 'change-leader') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort') }) },
);

const nodes = [
  { hostname: 'mon1', roles: ['mon', 'mgr'] },
  { hostname: 'mon2', roles: ['mon', 'mgr'] },
  { hostname: 'mon3', roles: ['mon'] },
  { hostname: 'osd1', roles: ['osd'] },
  { hostname: 'osd2', roles: ['osd'] },
  { hostname: 'mds1', roles: ['mds'] },
];
const options: fc.Arbitrary<ModelOptions> = fc.record({
  nodes: fc.constant(nodes),
  mode: fc.constantFrom('rolling', 'parallel'),
  budget: fc.integer({ min: 1, max: 4 }),
  clusterBudget: fc.integer({ min: 1, max: 3 }),
});

/** Lets one thing happen; what the rollout wants is carried out in part, as when messages are lost and coordinators die. */
function happen(model: RolloutModel, what: Event): void {
  const uid = 'index' in what ? (model.plan.order[what.index] ?? '') : '';
  switch (what.kind) {
    case 'decide':
      for (const [place, action] of model.next().entries()) if (((what.lost >> (place % 8)) & 1) === 0) model.apply(action);
      break;
    case 'advance':
      model.advance(uid, what.outcome);
      break;
    case 'round':
      for (const action of model.next()) model.apply(action);
      for (const each of model.plan.order) model.advance(each, what.outcome);
      break;
    case 'pass':
      model.nowMs += what.ms;
      break;
    case 'lapse':
      model.lapse(uid);
      break;
    case 'connect':
      model.agent(uid).isConnected = !model.agent(uid).isConnected;
      break;
    case 'cordon':
      model.agent(uid).isCordoned = !model.agent(uid).isCordoned;
      break;
    case 'repair':
      model.repair(uid);
      break;
    case 'freeze':
      model.isFrozen = !model.isFrozen;
      break;
    case 'pause':
      if (model.state.state === 'running') model.state = { ...model.state, state: 'paused', reason: 'by an operator' };
      break;
    case 'resume':
      model.resume();
      break;
    case 'abort':
      if (model.state.endedAt === undefined) model.state = { ...model.state, state: 'aborted', reason: 'by an operator' };
      break;
    case 'change-leader':
      model.changeLeader();
      break;
  }
}

function isDone(model: RolloutModel, uid: string): boolean {
  const state = model.records.get(uid)?.state;
  return state === 'succeeded' || state === 'skipped';
}

/** Says what is wrong with a beginning that just happened. */
function wrongBegin(model: RolloutModel, given: ModelOptions, uid: string): string | undefined {
  const down = model.downNow();
  const limit = given.mode === 'rolling' ? given.clusterBudget : Math.max(given.clusterBudget, given.budget);
  if (down.length > limit) return `${down.length} nodes are down of ${limit}`;
  if (model.slots.size > (given.mode === 'rolling' ? 1 : given.budget)) return `${model.slots.size} nodes hold a slot`;
  if (down.filter((each) => each.startsWith('uid-mon')).length > 1) return 'the monitors have no majority';
  if (model.isFrozen) return 'the cluster is frozen';
  if (model.state.state !== 'running') return `the rollout is ${model.state.state}`;
  const before = model.plan.order.slice(0, model.plan.order.indexOf(uid));
  const skippedOver = before.find((each) => !isDone(model, each));
  return given.mode === 'rolling' && skippedOver !== undefined ? `${uid} began before ${skippedOver} was done` : undefined;
}

/** Says what is wrong with what a state wants. */
function wrongWish(model: RolloutModel): string | undefined {
  const actions = model.next();
  const waits = actions.filter((action) => action.kind === 'wait');
  const isOver = model.state.endedAt !== undefined;
  if (isOver) return actions.length === 0 ? undefined : 'an ended rollout wants something';
  if (actions.length === 0) return 'nothing is done and nothing waited for';
  if (waits.length > 1 || waits.some((wait) => wait.reason === '')) return 'what is waited for is not said';
  if (actions.length === waits.length && waits.every((wait) => wait.reason.includes('undefined'))) return 'what is waited for is not known';
  return undefined;
}

void t.test('whatever happens, no beginning breaks the budget, the quorum, the order, a freeze or a pause', (t) => {
  const property = fc.property(options, fc.array(event, { minLength: 20, maxLength: 150 }), (given, events) => {
    const model = new RolloutModel(given);
    const check = (wrong: string | undefined): void => {
      if (wrong !== undefined) throw new Error(wrong);
    };
    model.onBegin = (uid) => check(wrongBegin(model, given, uid));
    for (const what of events) {
      happen(model, what);
      check(wrongWish(model));
    }
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1_000 }));
  t.end();
});

/** Lets everything go well from here on, a pause being resumed. */
function heal(model: RolloutModel, rounds: number): void {
  model.isFrozen = false;
  for (const uid of model.plan.order) Object.assign(model.agent(uid), { isConnected: true, isCordoned: false });
  for (let round = 0; round < rounds && model.state.endedAt === undefined; round += 1) {
    model.nowMs += 1_500;
    model.resume();
    for (const action of model.next()) model.apply(action);
    for (const uid of model.plan.order) {
      model.repair(uid);
      model.advance(uid, 'installed');
    }
  }
}

void t.test('from whatever state, once all is well again the rollout comes to its end', (t) => {
  const property = fc.property(options, fc.array(event, { maxLength: 80 }), (given, events) => {
    const model = new RolloutModel(given);
    for (const what of events) happen(model, what);
    heal(model, 100);
    if (model.state.state === 'aborted' && model.slots.size === 0) return;
    if (model.state.state !== 'succeeded') throw new Error(JSON.stringify({ state: model.state, next: model.next() }));
    const left = model.plan.order.find((uid) => !isDone(model, uid));
    if (left !== undefined || model.slots.size > 0) throw new Error(`${left ?? 'a slot'} is left`);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
  t.end();
});
