import { keeps, type Emit, type Model } from './model.ts';
import { nodeNames, sides, withNode, withUsed, other, type Node, type Side, type State } from './state.ts';

/** All that the nodes and their agents can do. */
export function agentSteps(state: State, model: Model, emit: Emit): void {
  for (const side of sides) {
    takeSlot(state, side, model, emit);
    act(state, side, model, emit);
    giveUp(state, side, model, emit);
    fail(state, side, model, emit);
  }
}

function takeSlot(state: State, side: Side, model: Model, emit: Emit): void {
  const node = state.nodes[side];
  const name = nodeNames[side];
  const canTake = node.phase === 'idle' || node.phase === 'holding' || node.phase === 'over';
  if (canTake && node.grantSent > node.done && node.grantSent !== node.token) {
    emit(
      `${name} hears of its grant (token ${node.grantSent})`,
      withNode(state, side, { phase: 'holding', token: node.grantSent, isFresh: false, hasActed: false }),
    );
  }
  if (node.phase === 'holding' || (node.phase === 'asked' && !node.isFresh)) {
    const again = node.phase === 'asked' ? ' again' : '';
    emit(
      `${name} asks${again} to begin with token ${node.token}`,
      // an answer belongs to its question: what is still under way answers the one before
      withNode(state, side, {
        phase: 'asked',
        isFresh: true,
        beginAsked: node.token,
        yesSent: keeps(model, 'answer to its question') ? 0 : node.yesSent,
      }),
    );
  }
  if (model.bounds.isRough && node.phase === 'asked' && node.isFresh)
    emit(`10 s pass since ${name} asked to begin`, withNode(state, side, { isFresh: false }));
  if (node.yesSent !== node.token || node.token === 0) return;
  if (node.phase === 'asked' && (node.isFresh || !keeps(model, 'yes good for 10 s'))) {
    emit(
      `${name} hears the yes and goes out of service`,
      withNode(state, side, { phase: 'acting', isUp: false, isFresh: false, hasActed: true }),
    );
  }
  if (node.phase === 'over' && node.isFresh && !keeps(model, 'late yes ignored')) {
    emit(
      `${name} hears the yes, late, and goes out of service`,
      withNode(state, side, { phase: 'acting', isUp: false, isFresh: false, hasActed: true }),
    );
  }
}

function act(state: State, side: Side, model: Model, emit: Emit): void {
  const node = state.nodes[side];
  const name = nodeNames[side];
  if (node.phase === 'acting' && model.bounds.acts > 1) {
    emit(`${name} is in service again and has another act to do`, withNode(state, side, { phase: 'between', isUp: true }));
  }
  if (node.phase === 'acting' || node.phase === 'acting again') {
    emit(`${name} ends (finished, or died and went back); its services are not up yet`, ended(state, side, {}));
  }
  if (node.phase === 'between') {
    const slot = state.etcd.slots[side];
    const isConfirmed = slot.state === 'begun' && slot.token === node.token;
    if (isConfirmed || !keeps(model, 'confirm before more')) {
      const how = isConfirmed ? 'confirms its token and ' : '';
      emit(`${name} ${how}goes out of service for the next act`, withNode(state, side, { phase: 'acting again', isUp: false }));
    }
  }
  if (node.phase === 'over' && node.isUp && node.token !== 0 && !keeps(model, 'nothing after ended')) {
    emit(
      `${name} acts again on token ${node.token}, which it has reported as ended`,
      withNode(state, side, { phase: 'acting again', isUp: false }),
    );
  }
  if (node.phase === 'over' && !node.isUp) emit(`the services of ${name} are up again`, withNode(state, side, { isUp: true }));
}

/** The journalled end: from here on the agent does not act on the token. */
function ended(state: State, side: Side, change: Partial<Node>): State {
  const { token } = state.nodes[side];
  return withNode(state, side, { phase: 'over', done: token, endedSent: token, isFresh: false, ...change });
}

function giveUp(state: State, side: Side, model: Model, emit: Emit): void {
  const node = state.nodes[side];
  const name = nodeNames[side];
  // matters only to who would still heed a yes
  const isFresh = node.isFresh && !keeps(model, 'late yes ignored');
  if (node.phase === 'holding' || node.phase === 'asked') {
    emit(`${name} gives up before it has acted, and reports that as its end`, ended(state, side, { isFresh }));
  }
  if (node.phase === 'between') emit(`${name} ends, in service`, ended(state, side, {}));
  const { revokeSent } = node;
  if (revokeSent === 0 || revokeSent <= node.done) return;
  if (node.phase === 'idle' || node.phase === 'over' || node.token !== revokeSent) {
    if (node.phase === 'idle' || node.phase === 'over')
      emit(
        `${name} journals that it refuses token ${revokeSent}, of which it had not heard`,
        withNode(state, side, { done: revokeSent, endedSent: revokeSent }),
      );
    return;
  }
  emit(`${name} hears the revocation, journals that it refuses token ${revokeSent}, and stops`, ended(state, side, { isFresh }));
}

function fail(state: State, side: Side, model: Model, emit: Emit): void {
  const node = state.nodes[side];
  const name = nodeNames[side];
  if (model.bounds.isRough && node.phase === 'asked') {
    emit(
      `the agent of ${name} dies and starts again: it knows its token and not that it asked`,
      withNode(state, side, { phase: 'holding', isFresh: false, yesSent: 0 }),
    );
  }
  if (node.isUp && !node.isIll && state.used.outages < model.bounds.outages) {
    emit(`${name} goes down by itself`, withUsed(withNode(state, side, { isIll: true }), 'outages'));
  }
  const original = state.nodes[other(side)];
  if (node.phase === 'idle' && original.token !== 0 && state.used.copies < model.bounds.copies) {
    emit(
      `${name} is set up from a copy of ${nodeNames[other(side)]}’s disk, with token ${original.token}`,
      withUsed(withNode(state, side, { phase: 'holding', token: original.token }), 'copies'),
    );
  }
}

/** Whether it can be seen to serve. */
export function isInService(node: Node): boolean {
  return node.isUp && !node.isIll;
}

/** Whether the agent has something open that it may act on, or has just been acting. */
export function hasOpen(node: Node): boolean {
  return !node.isUp || (node.phase !== 'idle' && node.phase !== 'over');
}
