import { agentSteps } from './agent.ts';
import { coordinatorSteps } from './coordinator.ts';
import { keeps, type Model, type Step } from './model.ts';
import { harms, type Harm } from './rules.ts';
import { encode, initial, sides, type Coordinator, type Node, type Side, type State, type Txn } from './state.ts';
import { transactionSteps } from './transaction.ts';
import { worldSteps } from './world.ts';

export interface Exploration {
  readonly states: number;
  /** Events of the way to the farthest state, or to the harm. */
  readonly depth: number;
  /** Nodes that had their turn and gave their slots back, in the state in which these are the most. */
  readonly turns: number;
  /** How the harm comes about in the fewest events; undefined: it can't. */
  readonly story: Story | undefined;
}

export interface Story {
  readonly events: readonly string[];
  readonly harm: Harm;
}

/** Visits every state that can be reached, breadth first, and stops at the first harm, or at the first of the kind that is looked for. */
export function explore(model: Model, wanted?: Harm): Exploration {
  const seen = new Set<string>([encode(initial)]);
  /** By number of a state: which one it was first reached from, and by which of that one's events. */
  const from: number[] = [-1];
  const by: number[] = [-1];
  let frontier: State[] = [initial];
  let first = 0;
  let turns = 0;
  for (let depth = 1; ; depth += 1) {
    const next: State[] = [];
    for (const [place, state] of frontier.entries()) {
      for (const [index, { after, harm }] of steps(state, model).entries()) {
        if (harm !== undefined && (wanted === undefined || wanted === harm)) {
          const way = [index];
          for (let at = first + place; at > 0; at = from[at] ?? 0) way.push(by[at] ?? 0);
          return { states: seen.size, depth, turns, story: { events: tell(model, way.toReversed()), harm } };
        }
        const key = encode(after);
        if (seen.has(key)) continue;
        seen.add(key);
        from.push(first + place);
        by.push(index);
        next.push(after);
        turns = Math.max(turns, sides.filter((side) => hadTurn(after, side)).length);
      }
    }
    if (next.length === 0) return { states: seen.size, depth: depth - 1, turns, story: undefined };
    first += frontier.length;
    frontier = next;
  }
}

/** A story as a person would tell it. */
export function storyText({ events, harm }: Story): string {
  return [...events.map((event, index) => `${String(index + 1).padStart(2)}. ${event}`), `    ${harms[harm]}`].join('\n');
}

/** All that can happen in a state. */
function steps(state: State, model: Model): readonly Step[] {
  const found: Step[] = [];
  const emit = (says: string, after: State, harm?: Harm): void => {
    found.push({ says, after: simplified(after, model), harm: harm ?? harmIn(after) });
    // a backup matters by what it holds: it is taken when etcd has just changed
    const mayBackUp = state.used.restores < model.bounds.restores && state.backup === undefined && after.etcd !== state.etcd;
    if (mayBackUp)
      found.push({
        says: `${says}; a backup of etcd is taken`,
        after: simplified({ ...after, backup: after.etcd }, model),
        harm: undefined,
      });
  };
  if (state === initial && model.bounds.restores > 0) emit('a backup of etcd is taken', { ...state, backup: state.etcd });
  agentSteps(state, model, emit);
  coordinatorSteps(state, model, emit);
  transactionSteps(state, model, emit);
  worldSteps(state, model, emit);
  return found;
}

function hadTurn({ etcd, nodes }: State, side: Side): boolean {
  return nodes[side].phase === 'over' && nodes[side].hasActed && etcd.slots[side].state === 'free';
}

/** What must not be in any state, however it came about. */
function harmIn({ etcd, nodes, used }: State): Harm | undefined {
  if (!nodes[0].isUp && !nodes[1].isUp) return 'two nodes at once';
  // an etcd that was put back knows nothing better before it is adopted
  const isOpen = used.restores === 0 || (etcd.epoch !== 0 && !etcd.isHeld);
  const isUncounted = (node: Side): boolean => !nodes[node].isUp && etcd.slots[node].state === 'free';
  return isOpen && sides.some(isUncounted) ? 'out of service uncounted' : undefined;
}

/** Forgets what can't make a difference any more, so that fewer states are different; none is lost by it. */
function simplified(state: State, model: Model): State {
  const isPast = state.used.restores === model.bounds.restores;
  const backup = isPast ? undefined : state.backup;
  const { etcd, coordinators } = state;
  // the oldest ledger that may still come: without a restore it matters only whether it is the one that was read
  const oldest = (backup ?? etcd).ledger;
  const since = (ledger: number): number => ledger - oldest + 1;
  const simpler = (coordinator: Coordinator): Coordinator => {
    const canDecide = mayLead(coordinator.term, state, model);
    return { ...coordinator, ...(canDecide ? {} : ignorant), seen: Math.max(since(coordinator.seen), 1) };
  };
  return {
    ...state,
    etcd: { ...etcd, ledger: since(etcd.ledger) },
    backup: backup && { ...backup, ledger: 1 },
    coordinators: [simpler(coordinators[0]), simpler(coordinators[1])],
    nodes: [quieter(state.nodes[0], model), quieter(state.nodes[1], model)],
    txns: state.txns.filter((txn) => mayStillBeMade(state, txn, model)).map((txn) => ({ ...txn, ledger: since(txn.ledger) })),
  };
}

const ignorant = { told: ['nothing', 'nothing'], isBlind: [false, false] } as const;

/** Whether what a coordinator of this term decides may ever reach etcd. */
function mayLead(term: number, { etcd, backup, used }: State, model: Model): boolean {
  const mayReturn = used.restores < model.bounds.restores && term === backup?.leader && !keeps(model, 'terms end by themselves');
  return term === etcd.leader || mayReturn || !keeps(model, 'leader compared');
}

/** Messages that a node won't heed any more need not be remembered. */
function quieter(node: Node, model: Model): Node {
  const grantSent = node.grantSent > node.done ? node.grantSent : 0;
  const yesSent = node.yesSent > node.done || !keeps(model, 'late yes ignored') ? node.yesSent : 0;
  return { ...node, grantSent, yesSent };
}

/** Neither a leader's term nor a revision of the ledger comes again, unless etcd is restored. */
function mayStillBeMade({ etcd, backup, used }: State, txn: Txn, model: Model): boolean {
  const past = used.restores < model.bounds.restores ? backup : undefined;
  const isOfLeader = txn.term === etcd.leader || txn.term === past?.leader;
  const isOfLedger =
    txn.ledger === etcd.ledger ||
    (model.bounds.restores > 0 && txn.ledger > etcd.ledger) ||
    (past !== undefined && txn.ledger >= past.ledger);
  return (isOfLeader || !keeps(model, 'leader compared')) && (isOfLedger || !keeps(model, 'ledger compared'));
}

function tell(model: Model, way: readonly number[]): readonly string[] {
  const events: string[] = [];
  let state = initial;
  for (const index of way) {
    const step = steps(state, model)[index];
    if (step === undefined) throw new Error('the way leads nowhere');
    events.push(step.says);
    state = step.after;
  }
  return events;
}
