import { countDown, type BudgetView, type CountedNode } from '../budget.ts';
import type { NodeStatus } from '../core.ts';
import type { HeldSlot, NodeRecord } from '../domain.ts';
import type { Term } from '../election.ts';
import type { Etcd } from '../etcd/port.ts';
import { describeHold, unheardNodes } from '../hold.ts';
import { nodeStatus } from '../node-status.ts';
import type { AgentLink, Clock, GateMoment, GateQuestion } from '../ports.ts';
import type { Ledger } from '../state/ledger.ts';
import type { Mirror } from '../state/mirror.ts';
import type { Requests } from '../state/requests.ts';
import type { GateKeeper } from './gate-keeper.ts';
import type { HandOver } from './hand-over.ts';
import type { LastChanges } from './last-changes.ts';
import type { CoreSettings } from './settings.ts';

/** What a coordinator has while it leads; made anew for each term. */
export interface Leading {
  readonly term: Term;
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly requests: Requests;
  readonly link: AgentLink;
  readonly gates: GateKeeper;
  readonly handOver: HandOver;
  readonly changes: LastChanges;
  readonly settings: CoreSettings;
  readonly randomUuid: () => string;
}

/** How a node counts at this moment; without its slot where that is what is asked about. */
export function statusOf(leading: Leading, node: NodeRecord, slot: HeldSlot | undefined): NodeStatus {
  const { clock, link, settings } = leading;
  return nodeStatus(node, link.live(node.uid), slot, clock.monotonicMs(), settings.silentAfterMs);
}

export function isConnected(leading: Leading, uid: string): boolean {
  const live = leading.link.live(uid);
  return live !== undefined && leading.clock.monotonicMs() - live.lastHeardMs <= leading.settings.silentAfterMs;
}

/** Counts who is down, by the mirror and by what is heard now. */
export function countNow(leading: Leading, mirror: Mirror): BudgetView {
  function* counted(): Iterable<CountedNode> {
    for (const node of mirror.nodes.values()) yield { node, status: statusOf(leading, node, mirror.slots.get(node.uid)) };
  }
  return countDown(counted(), mirror.slots.values(), { ...mirror.ledger, holdReason: holdReason(mirror) });
}

/** Says why nothing at all may be granted or begun at this moment. */
export function holdReason(mirror: Mirror): string | undefined {
  return describeHold(mirror.ledger, unheardNodes(mirror.ledger, mirror.nodes.values(), mirror.epoch));
}

/** Nodes that may be disturbed at this moment: begun, or ended and not yet proven healthy. */
function begunNodes(mirror: Mirror, except: string): NodeRecord[] {
  return [...mirror.slots.values()]
    .filter((slot) => slot.uid !== except && slot.state !== 'granted')
    .map((slot) => mirror.nodes.get(slot.uid))
    .filter((node) => node !== undefined);
}

/** Names the set of begun slots: an answer of a gate holds only while it stays the same. */
export function begunMark(mirror: Mirror, except: string): string {
  return [...mirror.slots.values()]
    .filter((slot) => slot.uid !== except && slot.state !== 'granted')
    .map((slot) => `${slot.uid}@${slot.token.createRevision}:${slot.state}`)
    .toSorted()
    .join(' ');
}

/** What the gates are asked about a node at this moment. */
export function gateQuestion({ changes }: Leading, mirror: Mirror, moment: GateMoment, node: NodeRecord): GateQuestion {
  return {
    moment,
    node,
    begun: begunNodes(mirror, node.uid),
    begunMark: begunMark(mirror, node.uid),
    changedMs: changes.changedMs,
    othersChangedMs: changes.othersChangedMs(node.uid),
  };
}
