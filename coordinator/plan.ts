import { UvsError } from '../common/errors.ts';
import type { Plan } from './rollout-view.ts';
import type { NodeRecord, PackageRecord, RolloutSpec } from './domain.ts';
import { canariesFirst } from './canaries.ts';
import { whyNot, type OtherRollout, type Refusal } from './fits.ts';
import { compareNaturally } from '../common/natural-order.ts';
import { namedCannot, nobodyCan, type LeftOut } from './plan-refusals.ts';
import { acceptedRoles, isMonitor } from './roles.ts';
import { isCalled } from './same-host.ts';
import { selectNodes } from './select.ts';
import { versionBefore } from './way-back.ts';

export interface PlanQuestion {
  /** All enrolled nodes. */
  readonly nodes: readonly NodeRecord[];
  /** Undefined where no package is brought. */
  readonly pkg: PackageRecord | undefined;
  readonly spec: RolloutSpec;
  /** Host name of the machine on which the leader runs: it goes last in its rank, so that the leadership moves once. */
  readonly leaderHost: string | undefined;
  /** The rollout that has the node among its steps and is not done with it, if any: two releases at once would overtake each other. */
  readonly rolloutOf: (uid: string) => OtherRollout | undefined;
  /** Units that a node has told that it restarts beside Ceph's; undefined: it has not told. */
  readonly restartableOf?: (uid: string) => readonly string[] | undefined;
}

export interface PlannedSteps {
  /** Node UIDs in the order in which they are disturbed. */
  readonly order: readonly string[];
  /** How many of them, from the first, are canaries. */
  readonly canaries: number;
  /** The nodes of the order. */
  readonly going: readonly NodeRecord[];
  /** Reason by UID of the selected nodes that are left out. */
  readonly skipped: Readonly<Record<string, string>>;
  /** All selected nodes, those of the order first. */
  readonly steps: Plan['steps'];
  /** Bytes that the nodes of the order fetch together. */
  readonly fetchBytes: number;
}

/**
 * Plans a rollout; the preview and the creation call the same. Rank is the node's first role (mon, mgr, osd, mds, rgw, the rest), inside
 * a rank host names decide in natural order, with the leader's own machine last; canaries go before all others.
 * A node chosen by role, label or all that cannot take the package is left out with the reason. One named explicitly is an error, unless
 * it already has the release: asking again for what is so is no mistake.
 * The plan is empty where the release is everywhere already: a node has it, and every other one that is left out is none that it is for.
 * @throws UvsError what `selectNodes` throws; for nodes that were named, of all that cannot take it the reason of the first that does not pass by itself; where every node is left out and one of
 * them should have the release and has not, the reason of those that have not: where they differ, NOT_ALLOWED_NOW before any other.
 */
export function planSteps(question: PlanQuestion): PlannedSteps {
  const { nodes, pkg, spec } = question;
  const monitors = nodes.filter((node) => isMonitor(acceptedRoles(node))).length;
  const named = new Set(spec.selector.nodes);
  const going: NodeRecord[] = [];
  const left: LeftOut[] = [];
  const refused: LeftOut[] = [];
  const selected = selectNodes(nodes, spec.selector);
  for (const node of selected) {
    const restartable = question.restartableOf?.(node.uid);
    const refusal = whyNot(node, pkg, { monitors, rollout: question.rolloutOf(node.uid), restartable, goal: spec.goal });
    if (refusal === undefined) {
      going.push(node);
    } else if (!refusal.isInstalled && (named.has(node.uid) || named.has(node.hostname))) {
      refused.push({ node, refusal });
    } else {
      left.push({ node, refusal });
    }
  }
  if (refused.length > 0) throw namedCannot(question, refused);
  if (going.length === 0 && !isEverywhere(left)) throw nobodyCan(question, left);
  const { leaderHost } = question;
  const leaders = new Set(going.filter(({ hostname }) => leaderHost !== undefined && isCalled(hostname, leaderHost)));
  const { order, canaries } = canariesFirst(
    going.toSorted((left, right) => byRank(left, right, leaders)),
    selected,
    spec.canary,
  );
  return {
    order: order.map((node) => node.uid),
    canaries,
    going: order,
    skipped: Object.fromEntries(left.map(({ node, refusal }) => [node.uid, refusal.message])),
    steps: [
      ...order.map((node) => planned(node, question, undefined)),
      ...left.map(({ node, refusal }) => planned(node, question, refusal)),
    ],
    fetchBytes: going.length * (pkg?.sizeBytes ?? 0),
  };
}

/** Lets no rollout begin that has nothing to do. @throws UvsError RELEASE_NOT_NEWER */
export function demandWork(steps: Plan['steps']): void {
  if (steps.some(({ skipReason }) => skipReason === undefined)) return;
  throw new UvsError('RELEASE_NOT_NEWER', `every selected node that the release is for already has ${steps[0]?.toVersion ?? 'it'}`, {
    hint: 'There is nothing to do.',
  });
}

/** A node that the release is not for has nothing to wait for; one that is cordoned, for example, still lacks it. */
function isEverywhere(left: readonly LeftOut[]): boolean {
  const lacking = left.filter(({ refusal }) => !refusal.isInstalled);
  return lacking.length < left.length && lacking.every(({ refusal }) => refusal.reason === 'TARGET_MISMATCH');
}

const RANKS: readonly string[] = ['mon', 'mgr', 'osd', 'mds', 'rgw'];

/** The order in which nodes are disturbed; total. @param leaders nodes that stand for the leader's own machine */
export function byRank(left: NodeRecord, right: NodeRecord, leaders: ReadonlySet<NodeRecord> = new Set()): number {
  const isLast = (node: NodeRecord): number => (leaders.has(node) ? 1 : 0);
  return (
    rank(left) - rank(right) ||
    isLast(left) - isLast(right) ||
    compareNaturally(left.hostname, right.hostname) ||
    compareNaturally(left.uid, right.uid)
  );
}

function rank(node: NodeRecord): number {
  const place = RANKS.indexOf(node.roles[0] ?? '');
  return place === -1 ? RANKS.length : place;
}

function planned(node: NodeRecord, { pkg, spec: { goal } }: PlanQuestion, refusal: Refusal | undefined): Plan['steps'][number] {
  if (goal.kind === 'rollback') {
    const isInstalled = refusal?.isInstalled ?? false;
    const toVersion = versionBefore(node, goal);
    return { node, fromVersion: isInstalled ? '' : goal.version, toVersion, skipReason: refusal?.message, isInstalled };
  }
  const component = pkg === undefined ? undefined : (Object.keys(pkg.components)[0] ?? pkg.product);
  const installed = node.facts?.installed.find((release) => release.component === component);
  const fromVersion = installed?.version ?? node.facts?.uvsVersion ?? '';
  return {
    node,
    fromVersion,
    toVersion: pkg === undefined ? fromVersion : pkg.version,
    skipReason: refusal?.message,
    isInstalled: refusal?.isInstalled ?? false,
  };
}
