import type { BudgetView, CountedNode, DownNode } from './budget.ts';
import type { HeldSlot, LedgerRecord } from './domain.ts';
import { acceptedRoles, isMonitor, monitorPart, rolesThatCount, type MonitorPart } from './roles.ts';

type CountedLedger = Pick<LedgerRecord, 'freezeReason' | 'budgets'> & Pick<BudgetView, 'holdReason'>;

/**
 * Counts every node that is down: it holds a slot (granted, begun or ended) or is not ready. A slot whose node is no longer enrolled
 * counts too. `nodes` must be all enrolled nodes and `slots` all slots that are not free, read at the ledger revision of the decision.
 */
export function countDown(nodes: Iterable<CountedNode>, slots: Iterable<HeldSlot>, ledger: CountedLedger): BudgetView {
  const count = new BudgetCount();
  const slotByUid = new Map([...slots].map((slot) => [slot.uid, slot]));
  for (const counted of nodes) {
    const { uid } = counted.node;
    count.put(uid, counted, slotByUid.get(uid));
    slotByUid.delete(uid);
  }
  for (const [uid, slot] of slotByUid) count.put(uid, undefined, slot);
  return count.view(ledger);
}

/** What one node adds to the count. */
interface Share {
  readonly down: DownNode | undefined;
  readonly roles: readonly string[];
  readonly monitor: MonitorPart;
  /** Why the monitors that were accepted lack it. */
  readonly monitorDown: DownNode | undefined;
  /** Why they may lack it, for one that is a monitor itself. */
  readonly monitorAway: DownNode | undefined;
  /** Why those lack it that were accepted as monitors or say that they are one. */
  readonly saidAway: DownNode | undefined;
  /** For which it holds its slot; one that was taken by force is nobody's. */
  readonly rollout: string | undefined;
}

/** The count, kept as nodes change: each is counted anew by itself. */
export class BudgetCount {
  readonly #shares = new Map<string, Share>();
  readonly #down = new Map<string, DownNode>();
  readonly #downByRole = new Map<string, Set<string>>();
  readonly #heldByRollout = new Map<string, Set<string>>();
  readonly #monitorsDown = new Map<string, DownNode>();
  readonly #monitorsAway = new Map<string, DownNode>();
  readonly #saidAway = new Map<string, DownNode>();
  readonly #monitors: Record<MonitorPart, number> = { none: 0, one: 0, 'said-only': 0, denied: 0 };

  /** Counts a node as it is now, in place of what it was. @param counted undefined where it is not enrolled */
  put(uid: string, counted: CountedNode | undefined, slot: HeldSlot | undefined): void {
    const before = this.#shares.get(uid);
    const after = shareOf(uid, counted, slot);
    if (after === undefined) this.#shares.delete(uid);
    else this.#shares.set(uid, after);
    setOrDelete(this.#down, uid, after?.down);
    setOrDelete(this.#monitorsDown, uid, after?.monitorDown);
    setOrDelete(this.#monitorsAway, uid, after?.monitorAway);
    setOrDelete(this.#saidAway, uid, after?.saidAway);
    if (before !== undefined) this.#monitors[before.monitor] -= 1;
    if (after !== undefined) this.#monitors[after.monitor] += 1;
    if (before?.rollout !== after?.rollout) {
      if (before?.rollout !== undefined) removeFrom(this.#heldByRollout, before.rollout, uid);
      if (after?.rollout !== undefined) addTo(this.#heldByRollout, after.rollout, uid);
    }
    if (before?.down !== undefined) for (const role of before.roles) removeFrom(this.#downByRole, role, uid);
    if (after?.down !== undefined) for (const role of after.roles) addTo(this.#downByRole, role, uid);
  }

  /** The count as it is now; it changes with the next node that is put. */
  view({ holdReason, freezeReason, budgets }: CountedLedger): BudgetView {
    const accepted = this.#monitors.one + this.#monitors.denied;
    return {
      holdReason,
      freezeReason,
      budgets,
      down: this.#down,
      downByRole: this.#downByRole,
      heldByRollout: this.#heldByRollout,
      monitors: accepted > 0 ? accepted : this.#monitors['said-only'],
      monitorsDown: this.#monitorsDown,
      monitorsAway: accepted > 0 ? this.#monitorsAway : this.#saidAway,
      saidMonitors: accepted + this.#monitors['said-only'],
      saidAway: this.#saidAway,
    };
  }
}

function shareOf(uid: string, counted: CountedNode | undefined, slot: HeldSlot | undefined): Share | undefined {
  const rollout = slot === undefined || slot.state === 'quarantined' ? undefined : slot.rollout;
  if (counted === undefined) {
    if (slot === undefined) return undefined;
    const roles = rolesThatCount(slot.removedNode, slot);
    const down: DownNode = { hostname: slot.removedNode?.hostname ?? uid, state: 'removed' };
    const [monitor, away]: [MonitorPart, DownNode | undefined] = isMonitor(roles) ? ['one', down] : ['none', undefined];
    return { down, roles, monitor, monitorDown: away, monitorAway: away, saidAway: away, rollout };
  }
  const { node, status } = counted;
  const down: DownNode | undefined =
    status.state === 'ready' && slot === undefined
      ? undefined
      : { hostname: node.hostname, state: status.state === 'ready' ? 'updating' : status.state };
  const roles = rolesThatCount(node, slot);
  const monitor = monitorPart(node);
  const monitorDown = isMonitor(acceptedRoles(node)) ? down : undefined;
  const denied: DownNode | undefined = monitor === 'denied' ? { hostname: node.hostname, state: 'says that it is no monitor' } : undefined;
  const granted = isMonitor(slot?.roles ?? []) ? down : undefined;
  const saidAway = isMonitor(roles) ? (down ?? denied) : undefined;
  return { down, roles, monitor, monitorDown, monitorAway: monitorDown ?? denied ?? granted, saidAway, rollout };
}

function setOrDelete<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function addTo(sets: Map<string, Set<string>>, key: string, uid: string): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([uid]));
  else set.add(uid);
}

function removeFrom(sets: Map<string, Set<string>>, key: string, uid: string): void {
  const set = sets.get(key);
  set?.delete(uid);
  if (set?.size === 0) sets.delete(key);
}
