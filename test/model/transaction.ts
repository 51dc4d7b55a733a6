import { keeps, type Emit, type Model } from './model.ts';
import type { Harm } from './rules.ts';
import {
  countOf,
  EPOCH,
  free,
  nodeNames,
  other,
  sides,
  withCoordinator,
  withEtcd,
  withNode,
  withSlot,
  withUsed,
  inPair,
  untold,
  type State,
  type Txn,
} from './state.ts';

/** Transactions that were decided reach etcd, in any order, once or repeatedly, or are lost. */
export function transactionSteps(state: State, model: Model, emit: Emit): void {
  for (const [index, txn] of state.txns.entries()) {
    const without = { ...state, txns: state.txns.filter((_, at) => at !== index) };
    emit(`the transaction “${title(txn)}” of term ${txn.term} is lost`, without);
    if (isAccepted(state, txn, model)) {
      // it is still on its way: the network, or whoever did not hear the answer, may send it again
      emit(`the transaction “${title(txn)}” of term ${txn.term} is made`, made(state, txn, model), harmOf(state, txn));
    }
  }
}

function title(txn: Txn): string {
  return txn.kind === 'pause' || txn.kind === 'resume' ? txn.kind : `${txn.kind} ${nodeNames[txn.node]}`;
}

/** Whether all that it compares holds. The slot is compared by revision, which does not show the epoch. */
export function isAccepted({ etcd }: State, txn: Txn, model: Model): boolean {
  const slot = etcd.slots[txn.node];
  const isOfSlot = txn.kind !== 'pause' && txn.kind !== 'resume';
  const isSlotSame = slot.state === txn.slot.state && countOf(slot.token) === countOf(txn.slot.token);
  return (
    (!keeps(model, 'leader compared') || etcd.leader === txn.term) &&
    (!keeps(model, 'ledger compared') || etcd.ledger === txn.ledger) &&
    (!isOfSlot || !keeps(model, 'slot compared') || isSlotSame)
  );
}

function made(before: State, txn: Txn, model: Model): State {
  const { node } = txn;
  const state = withEtcd(before, { ledger: before.etcd.ledger + 1 });
  const { etcd } = state;
  // whoever reads a slot that has changed asks for evidence anew
  const anew = (after: State): State => {
    const keepsOld = !keeps(model, 'evidence after ended') && (txn.kind === 'end' || txn.kind === 'begin');
    return keepsOld ? after : withNode(after, node, { evidence: false });
  };
  switch (txn.kind) {
    case 'grant': {
      const token = etcd.epoch * EPOCH + etcd.grants + 1;
      const granted = withSlot(withEtcd(state, { grants: etcd.grants + 1 }), node, { state: 'granted', token });
      return anew(seenBy(withUsed(granted, 'grants'), txn));
    }
    case 'begin': {
      const { token } = etcd.slots[node];
      if (token !== 0) return anew(withSlot(state, node, { state: 'begun', token }));
      // the key is gone: what is put is a new one, with a create revision of its own
      const renewed = etcd.epoch * EPOCH + etcd.grants + 1;
      return anew(withSlot(withEtcd(state, { grants: etcd.grants + 1 }), node, { state: 'begun', token: renewed }));
    }
    case 'end':
      // a slot that was only granted goes at once where nothing was done; else etcd has forgotten the beginning
      return anew(
        withSlot(
          state,
          node,
          etcd.slots[node].state === 'granted' && !state.nodes[node].hasActed ? free : { ...etcd.slots[node], state: 'ended' },
        ),
      );
    case 'free':
    case 'release':
      return anew(withSlot(state, node, free));
    case 'force':
      return anew(withSlot(state, node, keeps(model, 'forced still counts') ? { ...etcd.slots[node], state: 'quarantined' } : free));
    case 'pause':
      return withUsed(withEtcd(state, { isPaused: true }), 'pauses');
    case 'resume':
      return untold(withUsed(withEtcd(state, { isPaused: false }), 'resumes'));
  }
}

/** Whoever grants a slot knows of it. */
function seenBy(state: State, txn: Txn): State {
  const author = sides.find((side) => state.coordinators[side].term === txn.term);
  if (author === undefined || !state.coordinators[author].isBlind[txn.node]) return state;
  return withCoordinator(state, author, { isBlind: inPair(state.coordinators[author].isBlind, txn.node, false) });
}

function harmOf(state: State, txn: Txn): Harm | undefined {
  if (txn.kind === 'free') {
    const { token } = state.etcd.slots[txn.node];
    const node = state.nodes[txn.node];
    return node.done >= token && node.isUp ? undefined : 'freed without proof';
  }
  if ((txn.kind === 'begin' || txn.kind === 'end') && txn.asked !== state.etcd.slots[txn.node].token) return 'by another token';
  if (txn.kind !== 'begin') return undefined;
  if (state.etcd.isPaused) return 'begun while paused';
  const author = state.coordinators.find(({ term }) => term === txn.term);
  if (author?.hasToldPause === true) return 'begun while paused';
  const rest = other(txn.node);
  const leader = state.coordinators.find(({ term }) => term !== 0 && term === state.etcd.leader);
  // a leader that hears it while its own decision is under way could not know better
  const isKnown = txn.term !== state.etcd.leader && leader?.told[rest] === 'down';
  return state.nodes[rest].isIll && !state.nodes[rest].isWrittenOff && (isKnown || !txn.isVouched)
    ? 'begun against what is known'
    : undefined;
}
