import { NODE_UNHEALTHY } from '../common/health-check.ts';
import type { NodeStatus } from './core.ts';
import type { NodeRecord, RolloutMode, RolloutSpec } from './domain.ts';
import { isMonitor, rolesThatCount } from './roles.ts';

const CLUSTER_SCOPE = 'cluster';

/** Nodes that may be down at once where no other number was set, by scope; any other scope is without a limit of its own. */
export const DEFAULT_BUDGETS = { [CLUSTER_SCOPE]: 1 } as const;

const ROLE_SCOPE = 'role/';

/** A yes, or a no with its kind (for programs) and one sentence (for people). */
export type Verdict = { readonly isYes: true } | { readonly isYes: false; readonly kind: RefusalKind; readonly message: string };

export type RefusalKind = 'hold' | 'freeze' | 'budget' | 'quorum' | 'node';

/** A node with how it is counted at this moment. */
export interface CountedNode {
  readonly node: NodeRecord;
  readonly status: NodeStatus;
}

/** For whom the question is asked. */
export interface RolloutBudget {
  readonly rollout: string;
  readonly mode: RolloutMode;
  /** Nodes of this rollout that may be down at once; a rolling one has 1 whatever it says. */
  readonly budget: number;
  /** It is to mend nodes whose services do not run: they count as down already, and no more of them do for it. */
  readonly isMending: boolean;
}

/** What a rollout asks for. */
export function askingOf(rollout: string, { mode, budget, acknowledgedChecks }: RolloutSpec): RolloutBudget {
  return { rollout, mode, budget, isMending: acknowledgedChecks.includes(NODE_UNHEALTHY) };
}

export interface DownNode {
  readonly hostname: string;
  readonly state: NodeStatus['state'] | 'removed' | 'says that it is no monitor';
}

/** All that the question needs, counted once: a question costs no more for ten thousand nodes than for ten. */
export interface BudgetView {
  /** Why nothing at all may be granted or begun, whoever asks: etcd is not to be relied on, or nodes have to be heard first. */
  readonly holdReason?: string | undefined;
  readonly freezeReason: string | undefined;
  readonly budgets: Readonly<Record<string, number>>;
  /** By UID, in the order in which they were counted. */
  readonly down: ReadonlyMap<string, DownNode>;
  /** UIDs of the nodes that are down, by role. */
  readonly downByRole: ReadonlyMap<string, ReadonlySet<string>>;
  /** UIDs that hold a slot, by rollout. */
  readonly heldByRollout: ReadonlyMap<string, ReadonlySet<string>>;
  /** Monitors that were accepted as such; where nobody was, all nodes that say that they are one. */
  readonly monitors: number;
  /** By UID, those that were accepted and are down: where the others are no majority, nobody at all may be disturbed. */
  readonly monitorsDown: ReadonlyMap<string, DownNode>;
  /**
   * By UID, whom one more monitor may not be added to: those that are down, those that deny to be one, and whoever holds a slot that was granted to
   * it as one; where nobody was accepted, all that say that they are one and are down.
   */
  readonly monitorsAway: ReadonlyMap<string, DownNode>;
  /** Monitors that were accepted, and nodes that only say that they are one: if they are, the quorum needs more. */
  readonly saidMonitors: number;
  /** By UID, those of them that are down, or deny it. */
  readonly saidAway: ReadonlyMap<string, DownNode>;
}

/**
 * Says whether one more node may be taken out of service now (promise 1). Asked before a grant, and again before "begun": then with the
 * candidate's status as it is without its own slot, which is left out of the count.
 * A parallel rollout's larger budget lifts the cluster's for that rollout only, never a role's that was set, never the monitors' majority.
 */
export function mayDisturb(view: BudgetView, candidate: CountedNode, asking: RolloutBudget): Verdict {
  const { node } = candidate;
  if (view.holdReason !== undefined) return no('hold', view.holdReason);
  if (view.freezeReason !== undefined) return no('freeze', `the cluster is frozen: ${view.freezeReason}`);
  const refusal = describeUnready(candidate, asking);
  if (refusal !== undefined) return no('node', refusal);

  const ownLimit = asking.mode === 'rolling' ? 1 : asking.budget;
  const held = view.heldByRollout.get(asking.rollout);
  if (others(held, node.uid) + 1 > ownLimit) {
    return no('budget', `${asking.mode} rollout ${usedUp(view, ownLimit, held ?? new Set(), node.uid)}`);
  }
  const clusterBudget = budgetOf(view, CLUSTER_SCOPE) ?? DEFAULT_BUDGETS[CLUSTER_SCOPE];
  const clusterLimit = asking.mode === 'parallel' ? Math.max(clusterBudget, asking.budget) : clusterBudget;
  if (others(view.down, node.uid) + 1 > clusterLimit) {
    return no('budget', `budget ${CLUSTER_SCOPE} ${usedUp(view, clusterLimit, view.down, node.uid)}`);
  }
  const roles = rolesThatCount(node, undefined);
  for (const role of roles) {
    const limit = budgetOf(view, ROLE_SCOPE + role);
    const downOfRole = view.downByRole.get(role);
    if (limit !== undefined && others(downOfRole, node.uid) + 1 > limit) {
      return no('budget', `budget ${ROLE_SCOPE}${role} ${usedUp(view, limit, downOfRole ?? new Set(), node.uid)}`);
    }
  }
  return keepsQuorum(view, node, isMonitor(roles));
}

/** Says why a node is not to be disturbed because of how it is; undefined: it may be. */
export function describeUnready(
  { node: { hostname }, status: { state, message } }: CountedNode,
  { isMending }: RolloutBudget,
): string | undefined {
  if (state === 'ready' || (state === 'unhealthy' && isMending)) return undefined;
  const how = state === 'unhealthy' ? ` (a rollout that is to mend it acknowledges ${NODE_UNHEALTHY})` : '';
  return `${hostname} is ${state}: ${message}${how}`;
}

/** Says who is down in a scope: "2 down: demo154 (cordoned), demo155 (silent)". */
export function describeDown(view: BudgetView, scope: string = CLUSTER_SCOPE): string {
  const down = scope.startsWith(ROLE_SCOPE) ? view.downByRole.get(scope.slice(ROLE_SCOPE.length)) : view.down;
  return down === undefined || down.size === 0 ? 'none down' : `${down.size} down: ${names(view.down, down, '')}`;
}

/** The budget that holds in a scope, in words: "2", "1 (default)", "not set". */
export function describeBudget(budgets: BudgetView['budgets'], scope: string): string {
  const defaults: Readonly<Record<string, number>> = DEFAULT_BUDGETS;
  if (Object.hasOwn(budgets, scope)) return `${budgets[scope]}`;
  return Object.hasOwn(defaults, scope) ? `${defaults[scope]} (default)` : 'not set';
}

/** How many monitors must stay up: a majority of all that count as such. */
function monitorMajority(monitors: number): number {
  return Math.floor(monitors / 2) + 1;
}

/**
 * A node that neither was accepted as a monitor nor says that it is one takes none away: it is refused only where the majority of those that were
 * accepted is gone already, for then the storage can spare nobody. What nodes say of themselves stands in the way of monitors alone: for them the
 * majority is kept both among those that were accepted and among all that may be one.
 */
function keepsQuorum(view: BudgetView, node: NodeRecord, isOne: boolean): Verdict {
  if (!isOne) return keepsMajority(view.monitors, view.monitorsDown, node, 0, '');
  const verdict = keepsMajority(view.monitors, view.monitorsAway, node, 1, `, ${node.hostname} is one`);
  if (!verdict.isYes || view.saidMonitors === view.monitors) return verdict;
  return keepsMajority(view.saidMonitors, view.saidAway, node, 1, `, ${node.hostname} is one, counting all that say that they are one`);
}

/** @param taken how many of them the candidate is */
function keepsMajority(count: number, away: BudgetView['saidAway'], node: NodeRecord, taken: number, remark: string): Verdict {
  if (count === 0) return { isYes: true };
  const upAfter = count - others(away, node.uid) - taken;
  const majority = monitorMajority(count);
  if (upAfter >= majority) return { isYes: true };
  const awayNames = others(away, node.uid) === 0 ? 'none is down' : `down: ${names(away, away, node.uid)}`;
  return no('quorum', `only ${upAfter} of ${count} monitors would be up, their quorum needs ${majority} (${awayNames}${remark})`);
}

type UidSet = { readonly size: number; has(uid: string): boolean; keys(): Iterable<string> };

function others(uids: UidSet | undefined, uid: string): number {
  if (uids === undefined) return 0;
  return uids.size - (uids.has(uid) ? 1 : 0);
}

function usedUp(view: BudgetView, limit: number, uids: UidSet, except: string): string {
  return `${others(uids, except)} of ${limit} used: ${names(view.down, uids, except)}`;
}

const NAMES_SHOWN = 3;

function names(known: BudgetView['down'], uids: UidSet, except: string): string {
  const shown: string[] = [];
  for (const uid of uids.keys()) {
    if (uid === except) continue;
    if (shown.length === NAMES_SHOWN) break;
    const down = known.get(uid);
    shown.push(down === undefined ? uid : `${down.hostname} (${down.state})`);
  }
  const more = others(uids, except) - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function budgetOf(view: BudgetView, scope: string): number | undefined {
  return Object.hasOwn(view.budgets, scope) ? view.budgets[scope] : undefined;
}

function no(kind: RefusalKind, message: string): Verdict {
  return { isYes: false, kind, message };
}
