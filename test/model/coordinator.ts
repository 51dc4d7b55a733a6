import { hasOpen, isInService } from './agent.ts';
import { keeps, type Emit, type Model } from './model.ts';
import {
  coordinatorNames,
  countOf,
  inPair,
  nodeNames,
  other,
  sides,
  withCoordinator,
  withEtcd,
  withNode,
  withUsed,
  type Side,
  type Slot,
  type State,
  type Txn,
} from './state.ts';

/**
 * All that a coordinator does that believes to lead, be it right or not. A decision reads etcd and makes a transaction, which reaches etcd
 * later or never (transaction.ts): a stale mirror is one whose transaction was under way for long.
 */
export function coordinatorSteps(state: State, model: Model, emit: Emit): void {
  for (const side of sides) {
    if (state.coordinators[side].term === 0) continue;
    for (const node of sides) {
      hear(state, side, node, emit);
      ask(state, node, model, emit);
      answer(state, side, node, model, emit);
      tellGrant(state, side, node, model, emit);
      revoke(state, side, node, model, emit);
    }
    confirmPause(state, side, model, emit);
    if (hasNoticed(state, side, model)) hold(state, side, emit);
    else if (state.txns.length < model.bounds.txns) decide(state, side, model, emit);
  }
}

/** Another epoch, or fewer decisions than it knows of: this is not the etcd that it left. (The program also finds out one that has gone on with other decisions.) */
function hasNoticed(state: State, side: Side, model: Model): boolean {
  const { epoch, seen } = state.coordinators[side];
  return keeps(model, 'restore is noticed') && (state.etcd.epoch !== epoch || state.etcd.ledger < seen);
}

/** Whoever notices it stops everybody, leading or not. */
function hold(state: State, side: Side, emit: Emit): void {
  if (state.etcd.isHeld || state.etcd.epoch !== 0) return;
  emit(
    `${coordinatorNames[side]} notices that etcd was restored, and holds the cluster`,
    withEtcd(state, { isHeld: true, ledger: state.etcd.ledger + 1 }),
  );
}

/** What a coordinator reads it remembers, on its disk. */
function seeing(state: State, side: Side, model: Model): State {
  return model.bounds.restores === 0
    ? state
    : withCoordinator(state, side, { seen: Math.max(state.coordinators[side].seen, state.etcd.ledger) });
}

function hear(state: State, side: Side, node: Side, emit: Emit): void {
  const slot = state.etcd.slots[node];
  const isOwn = slot.state !== 'free' && slot.token === state.nodes[node].token;
  const isWell = isInService(state.nodes[node]) && (isOwn || !hasOpen(state.nodes[node]));
  const told = isWell ? 'well' : 'down';
  const { told: before } = state.coordinators[side];
  if (before[node] === told) return;
  const what = isWell ? 'is well and has nothing open' : 'is down or in the middle of something';
  emit(
    `${coordinatorNames[side]} hears that ${nodeNames[node]} ${what}`,
    withCoordinator(state, side, { told: inPair(before, node, told) }),
  );
}

/** Whether, as far as this coordinator can see, one more node may be taken out of service: budget 1, everything down counts. */
function mayDisturb(state: State, side: Side, node: Side, model: Model): boolean {
  const { told, isBlind } = state.coordinators[side];
  const isVouchedFor = (one: Side): boolean =>
    state.nodes[one].isWrittenOff || told[one] === 'well' || (told[one] === 'nothing' && !keeps(model, 'unheard counts as down'));
  const rest = other(node);
  const isOtherFree = state.etcd.slots[rest].state === 'free' || isBlind[rest];
  return !state.etcd.isPaused && isOtherFree && isVouchedFor(rest);
}

function decide(state: State, side: Side, model: Model, emit: Emit): void {
  const name = coordinatorNames[side];
  const { term, told } = state.coordinators[side];
  const send = (says: string, kind: Txn['kind'], node: Side, asked = 0): void => {
    const isVouched = told[other(node)] === 'well';
    const txn: Txn = { kind, node, term, ledger: state.etcd.ledger, slot: state.etcd.slots[node], asked, isVouched };
    emit(`${name} ${says}`, seeing({ ...state, txns: [...state.txns, txn] }, side, model));
  };
  const isOpen = !state.etcd.isHeld;
  for (const node of sides) {
    const letter = nodeNames[node];
    const slot = state.etcd.slots[node];
    const { isWrittenOff, evidence, endedSent, beginAsked } = state.nodes[node];
    if (
      isOpen &&
      slot.state === 'free' &&
      !isWrittenOff &&
      state.used.grants < model.bounds.grants &&
      mayDisturb(state, side, node, model)
    ) {
      send(`decides to grant a slot to ${letter}`, 'grant', node);
    }
    if (isOpen && beginAsked !== 0) {
      for (const owner of keeps(model, 'token bound to node') ? [node] : sides) {
        const asked = state.etcd.slots[owner];
        const isRight = asked.token === beginAsked || !keeps(model, 'token at begin');
        if (asked.state !== 'granted' || !isRight) continue;
        if (keeps(model, 'begin checks again') && !mayDisturb(state, side, owner, model)) continue;
        send(`decides that ${letter} may begin with token ${beginAsked}`, 'begin', owner, beginAsked);
      }
    }
    if (endedSent !== 0 && slot.state !== 'free' && slot.state !== 'ended' && isTokenOf(slot, endedSent, model)) {
      send(`hears that ${letter} has ended with token ${endedSent}`, 'end', node, endedSent);
    }
    const isOver = slot.state === 'ended' || (slot.state === 'begun' && !keeps(model, 'ended before free'));
    if (isOpen && isOver && evidence) send(`decides to free the slot of ${letter}, which has shown that it is well`, 'free', node);
  }
  if (!state.etcd.isPaused && state.used.pauses < model.bounds.pauses) send('is told by the operator to pause', 'pause', 0);
  if (state.etcd.isPaused && state.used.resumes < model.bounds.resumes) send('is told by the operator to resume', 'resume', 0);
  decideRelease(state, send, model);
}

function isTokenOf(slot: Slot, token: number, model: Model): boolean {
  if (!keeps(model, 'token at ended')) return true;
  return keeps(model, 'token holds epoch') ? slot.token === token : countOf(slot.token) === countOf(token);
}

function decideRelease(state: State, send: (says: string, kind: Txn['kind'], node: Side) => void, model: Model): void {
  if (state.used.releases === 0) return;
  for (const node of sides) {
    const { state: is, token } = state.etcd.slots[node];
    if ((is !== 'granted' && is !== 'begun') || state.nodes[node].revokeSent !== token) continue;
    if (!keeps(model, 'release revokes first')) send(`releases the slot of ${nodeNames[node]} at once`, 'release', node);
    send(`is told by the operator to release ${nodeNames[node]} by force`, 'force', node);
  }
}

/** An operator releases a node: the revocation goes to it first. */
function revoke(state: State, side: Side, node: Side, model: Model, emit: Emit): void {
  const { state: is, token } = state.etcd.slots[node];
  if (state.used.releases >= model.bounds.releases || (is !== 'granted' && is !== 'begun')) return;
  emit(
    `${coordinatorNames[side]} is told by the operator to release ${nodeNames[node]}, and revokes token ${token}`,
    withUsed(withNode(state, node, { revokeSent: token }), 'releases'),
  );
}

/** Whoever tells the operator that the pause is made can't have forgotten it: that matters where etcd can. */
function confirmPause(state: State, side: Side, model: Model, emit: Emit): void {
  if (model.bounds.restores === 0 || !state.etcd.isPaused || state.coordinators[side].hasToldPause || hasNoticed(state, side, model))
    return;
  emit(
    `${coordinatorNames[side]} tells the operator that it is paused`,
    seeing(withCoordinator(state, side, { hasToldPause: true }), side, model),
  );
}

/** Whoever finds a slot granted tells its node. */
function tellGrant(state: State, side: Side, node: Side, model: Model, emit: Emit): void {
  const slot = state.etcd.slots[node];
  if (slot.state !== 'granted' || state.nodes[node].grantSent === slot.token || state.etcd.isHeld || hasNoticed(state, side, model)) return;
  emit(
    `${coordinatorNames[side]} tells ${nodeNames[node]} of its grant`,
    seeing(withNode(state, node, { grantSent: slot.token }), side, model),
  );
}

/** A begun slot is a yes to the one who asked with its token, however often it is asked. */
function answer(state: State, side: Side, node: Side, model: Model, emit: Emit): void {
  const { beginAsked, yesSent } = state.nodes[node];
  if (beginAsked === 0 || yesSent === beginAsked || state.etcd.isHeld || hasNoticed(state, side, model)) return;
  const owners = keeps(model, 'token bound to node') ? [node] : sides;
  if (!owners.some((owner) => state.etcd.slots[owner].state === 'begun' && state.etcd.slots[owner].token === beginAsked)) return;
  emit(`${coordinatorNames[side]} answers yes to ${nodeNames[node]}`, seeing(withNode(state, node, { yesSent: beginAsked }), side, model));
}

/** Evidence of health: asked for with a nonce, answered by a node that is in service. */
function ask(state: State, node: Side, model: Model, emit: Emit): void {
  const slot = state.etcd.slots[node];
  const isEarly = slot.state === 'begun' && !(keeps(model, 'evidence after ended') && keeps(model, 'ended before free'));
  if (state.nodes[node].evidence || !isInService(state.nodes[node]) || (slot.state !== 'ended' && !isEarly)) return;
  emit(`${nodeNames[node]} is asked how it is, and answers that it is well`, withNode(state, node, { evidence: true }));
}
