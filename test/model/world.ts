import { hasOpen } from './agent.ts';
import { keeps, type Emit, type Model } from './model.ts';
import {
  coordinatorNames,
  free,
  nodeNames,
  sides,
  untold,
  withCoordinator,
  withEtcd,
  withNode,
  withSlot,
  withUsed,
  type Side,
  type Slot,
  type State,
} from './state.ts';

/** What befalls the cluster: leases end, leaders come and go, etcd is restored, operators write nodes off. */
export function worldSteps(state: State, model: Model, emit: Emit): void {
  for (const node of sides) {
    const slot = state.etcd.slots[node];
    if (slot.state === 'granted' || (slot.state === 'begun' && !keeps(model, 'begun removes lease'))) {
      emit(`the lease of ${nodeNames[node]}’s slot ends`, withSlot(state, node, free));
    }
    writeOff(state, node, emit);
  }
  elect(state, model, emit);
  if (model.bounds.restores > 0) restore(state, model, emit);
}

function elect(state: State, model: Model, emit: Emit): void {
  if (state.used.terms >= model.bounds.terms) return;
  if (state.etcd.leader !== 0) {
    emit('the lease of the leader’s key ends', withEtcd(state, { leader: 0 }));
    return;
  }
  for (const side of sides) {
    const term = state.used.terms + 1;
    const isUnread = (node: Side): boolean => !keeps(model, 'new leader reads slots') && state.etcd.slots[node].state !== 'free';
    const won = withCoordinator(withEtcd(state, { leader: term }), side, {
      term,
      told: ['nothing', 'nothing'],
      isBlind: [isUnread(0), isUnread(1)],
    });
    emit(`${coordinatorNames[side]} wins the leadership (term ${term})`, withUsed(won, 'terms'));
  }
}

/**
 * A quarantined node that is not disturbed (powered off, or suspended with all it has in memory) is written off: from then on it does not
 * count. That takes an operator longer than 10 s.
 */
function writeOff(state: State, node: Side, emit: Emit): void {
  if (state.etcd.slots[node].state !== 'quarantined' || !state.nodes[node].isUp) return;
  const after = withSlot(withEtcd(state, { ledger: state.etcd.ledger + 1 }), node, free);
  emit(`${nodeNames[node]} hangs, and the operator writes it off`, withNode(after, node, { isWrittenOff: true, isFresh: false }));
}

function restore(state: State, model: Model, emit: Emit): void {
  const { etcd, used } = state;
  if (state.backup !== undefined && used.restores < model.bounds.restores) {
    const restored = withUsed({ ...state, etcd: state.backup }, 'restores');
    emit(
      'etcd is restored from the backup',
      sides.reduce<State>((now, side) => outlasted(now, side, model), restored),
    );
  }
  if (used.restores === 0) return;
  const mayReport = (etcd.isHeld && etcd.epoch !== 0) || (etcd.epoch === 0 && !keeps(model, 'adopt closes first'));
  if (mayReport) for (const node of sides) report(state, node, emit);
  if (etcd.epoch === 0) close(state, emit);
  if (etcd.isHeld && etcd.epoch !== 0) reopen(state, model, emit);
  for (const side of sides) {
    if (state.coordinators[side].epoch === etcd.epoch) continue;
    emit(`${coordinatorNames[side]} is told of the new epoch`, withCoordinator(state, side, { epoch: etcd.epoch, seen: etcd.ledger }));
  }
}

/** A restore takes longer than any term lives that is not renewed, and than any yes is good for. */
function outlasted(state: State, side: Side, model: Model): State {
  const stale = withNode(state, side, { isFresh: false });
  return keeps(model, 'terms end by themselves') ? withCoordinator(stale, side, { term: 0 }) : stale;
}

/** The first half of adopt, by whoever leads: a new epoch in which nothing begins; what was granted in the old one is void. */
function close(state: State, emit: Emit): void {
  const side = leaderOf(state);
  if (side === undefined) return;
  const ledger = state.etcd.ledger + 1;
  const slots = [unlessGranted(state.etcd.slots[0]), unlessGranted(state.etcd.slots[1])] as const;
  const after = withCoordinator(withEtcd(state, { epoch: 1, isHeld: true, ledger, slots }), side, { epoch: 1, seen: ledger });
  // its own transactions of before have been answered: it waits for each
  const { term } = state.coordinators[side];
  const quiet = { ...after, txns: after.txns.filter((txn) => txn.term !== term) };
  emit(
    `${coordinatorNames[side]} is told by the operator to adopt what is there, and makes a new epoch`,
    untold(sides.reduce<State>((now, node) => withNode(now, node, { evidence: false }), quiet)),
  );
}

function unlessGranted(slot: Slot): Slot {
  return slot.state === 'granted' ? free : slot;
}

function report(state: State, side: Side, emit: Emit): void {
  const node = state.nodes[side];
  if (node.report !== 'missing') return;
  const is = !hasOpen(node) ? 'nothing' : node.phase === 'over' ? 'ended' : 'open';
  const what = is === 'nothing' ? 'nothing' : `token ${node.token}`;
  emit(`${nodeNames[side]} reports ${what} as open`, withNode(state, side, { report: is, reported: is === 'nothing' ? 0 : node.token }));
}

/** The second half of adopt: what the nodes have reported holds a slot, and so does what etcd holds, until it is proven to be over. */
function reopen(state: State, model: Model, emit: Emit): void {
  const side = leaderOf(state);
  if (side === undefined) return;
  if (keeps(model, 'adopt waits for all') && state.nodes.some((node) => node.report === 'missing')) return;
  const slots = [adopted(state, 0), adopted(state, 1)] as const;
  const after = withEtcd(state, { isHeld: false, ledger: state.etcd.ledger + 1, slots });
  emit(
    `${coordinatorNames[side]} opens the new epoch`,
    sides.reduce<State>((now, node) => withNode(now, node, { evidence: false, report: 'missing', reported: 0 }), after),
  );
}

function adopted(state: State, side: Side): Slot {
  const node = state.nodes[side];
  const slot = state.etcd.slots[side];
  switch (node.report) {
    case 'open':
      // it counts; a right that the nodes of two pasts may claim is not given anew
      return { state: 'quarantined', token: node.reported };
    case 'ended':
      return { state: 'ended', token: node.reported };
    case 'missing':
      return slot;
    case 'nothing':
      return slot.state === 'free' ? slot : { ...slot, state: 'ended' };
  }
}

function leaderOf(state: State): Side | undefined {
  return sides.find((side) => state.etcd.leader !== 0 && state.coordinators[side].term === state.etcd.leader);
}
