import type { BudgetView, CountedNode } from '../budget.ts';
import { countDown } from '../budget-count.ts';
import type { NodeStatus } from '../core.ts';
import type { HeldSlot, NodeRecord, RolloutSpec } from '../domain.ts';
import type { Term } from '../election.ts';
import type { Etcd } from '../etcd/port.ts';
import { reckonedWith, type Part } from '../gate-cover.ts';
import { restartedBy } from '../goal.ts';
import { describeHold, unheardNodes } from '../hold.ts';
import { nodeStatus } from '../node-status.ts';
import type { AgentLink, Clock, GateMoment, GateQuestion } from '../ports.ts';
import type { Ledger } from '../state/ledger.ts';
import type { Mirror } from '../state/mirror.ts';
import type { Requests } from '../state/requests.ts';
import type { DrainGate } from './drains.ts';
import type { GateKeeper } from './gate-keeper.ts';
import type { HandOver } from './hand-over.ts';
import { begunMark, type LastChanges } from './last-changes.ts';
import type { CoreTimings } from './timings.ts';

/** What a coordinator has while it leads; made anew for each term. */
export interface Leading {
  readonly term: Term;
  /** When the term began, by the monotonic clock. */
  readonly sinceMs: number;
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly requests: Requests;
  readonly link: AgentLink;
  readonly gates: GateKeeper;
  /** Those of the gates that set something for the time of an operation. */
  readonly drainGates: readonly DrainGate[];
  readonly handOver: HandOver;
  readonly changes: LastChanges;
  readonly timings: CoreTimings;
  readonly randomUuid: () => string;
}

/** How a node counts at this moment; without its slot where that is what is asked about. */
export function statusOf(leading: Leading, node: NodeRecord, slot: HeldSlot | undefined): NodeStatus {
  const { clock, link, timings } = leading;
  const live = link.live(node.uid);
  const endedMs = live === undefined ? endOfSession(leading, node.uid) : undefined;
  return nodeStatus(node, live, slot, clock.monotonicMs(), timings.silentAfterMs, endedMs);
}

/** What was heard in an earlier term says nothing: others have led since. */
function endOfSession({ link, sinceMs }: Leading, uid: string): number | undefined {
  const endedMs = link.lastHeard(uid)?.endedMs;
  return endedMs !== undefined && endedMs >= sinceMs ? endedMs : undefined;
}

export function isConnected(leading: Leading, uid: string): boolean {
  const live = leading.link.live(uid);
  return live !== undefined && leading.clock.monotonicMs() - live.lastHeardMs <= leading.timings.silentAfterMs;
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

/** What a gate has to reckon with beside its node; of whoever is ahead in the line it is supposed that he gets through. */
function othersDown(mirror: Mirror, moment: GateMoment, except: string, ahead: readonly Part[]): readonly NodeRecord[] {
  const others = new Map(
    reckonedWith(mirror.slots.values(), moment, except).map((slot) => [slot.uid, mirror.nodes.get(slot.uid) ?? tombstone(slot)]),
  );
  for (const { uid } of ahead) others.set(uid, mirror.nodes.get(uid) ?? []);
  return [...others.values()].flat();
}

/** A node that was removed by force goes on counting for the gates too. */
function tombstone({ uid, removedNode }: HeldSlot): NodeRecord | readonly [] {
  if (removedNode === undefined) return [];
  return {
    ...removedNode,
    uid,
    labels: {},
    cordonReason: undefined,
    credential: '',
    enrolledAt: 0,
    facts: undefined,
    acceptedRoles: undefined,
    reportedEpoch: undefined,
  };
}

/** What a node is disturbed for; undefined where no open rollout says. */
export function specOf(mirror: Mirror, rollout: string | undefined): RolloutSpec | undefined {
  return rollout === undefined ? undefined : mirror.rollouts.get(rollout)?.plan.spec;
}

/** The record with the facts that the node's open session has told: those in etcd may be older. */
function asHeard(link: AgentLink, node: NodeRecord): NodeRecord {
  return { ...node, facts: link.live(node.uid)?.facts ?? node.facts };
}

/**
 * What the gates are asked about a node at this moment.
 * @param spec what it is to be disturbed for; undefined: nobody has said
 * @param ahead of it in the line: they are supposed to have begun
 */
export function gateQuestion(
  { changes, link }: Leading,
  mirror: Mirror,
  moment: GateMoment,
  node: NodeRecord,
  spec: RolloutSpec | undefined,
  ahead: readonly Part[] = [],
): GateQuestion {
  return {
    moment,
    node: asHeard(link, node),
    begun: othersDown(mirror, moment, node.uid, ahead).map((other) => asHeard(link, other)),
    drains: [...mirror.drains.values()],
    acknowledged: spec?.acknowledgedChecks ?? [],
    restarted: restartedBy(spec),
    begunMark: begunMark(mirror, node.uid),
    changedMs: changes.changedMs,
    othersChangedMs: changes.othersChangedMs(node.uid),
    leadingSinceMs: changes.leadingSinceMs,
    hasEnded: mirror.slots.get(node.uid)?.state === 'ended',
  };
}
