import { UvsError } from '../common/errors.ts';
import { describeAction } from '../common/node-action.ts';
import type { Plan } from './core.ts';
import type { NodeRecord, PackageRecord, RolloutSpec } from './domain.ts';
import { whyNot, type Refusal } from './fits.ts';
import { compareNaturally } from '../common/natural-order.ts';
import { selectNodes } from './select.ts';

export interface PlanQuestion {
  /** All enrolled nodes. */
  readonly nodes: readonly NodeRecord[];
  /** Undefined for a reboot or a restart. */
  readonly pkg: PackageRecord | undefined;
  readonly spec: RolloutSpec;
  /** The rollout that has not ended and has the node among its steps, if any: two releases at once would overtake each other. */
  readonly rolloutOf: (uid: string) => string | undefined;
}

export interface PlannedSteps {
  /** Node UIDs in the order in which they are disturbed. */
  readonly order: readonly string[];
  /** Reason by UID of the selected nodes that are left out. */
  readonly skipped: Readonly<Record<string, string>>;
  /** All selected nodes, those of the order first. */
  readonly steps: Plan['steps'];
  /** Bytes that the nodes of the order fetch together. */
  readonly fetchBytes: number;
}

/**
 * Plans a rollout; the preview and the creation call the same. Rank is the node's first role (mon, mgr, osd, mds, rgw, the rest), inside
 * a rank host names decide in natural order.
 * A node chosen by role, label or all that cannot take the package is left out with the reason. One named explicitly is an error, unless
 * it already has the release: asking again for what is so is no mistake.
 * @throws UvsError what `selectNodes` throws; the refusal's own reason for an explicitly named node; where every node is left out, their
 * common reason or NOT_ALLOWED_NOW.
 */
export function planSteps(question: PlanQuestion): PlannedSteps {
  const { nodes, pkg, spec } = question;
  const monitors = nodes.filter((node) => node.roles.includes('mon')).length;
  const named = new Set(spec.selector.nodes);
  const going: NodeRecord[] = [];
  const left: { readonly node: NodeRecord; readonly refusal: Refusal }[] = [];
  for (const node of selectNodes(nodes, spec.selector)) {
    const refusal = whyNot(node, pkg, { monitors, rollout: question.rolloutOf(node.uid) });
    if (refusal === undefined) {
      going.push(node);
    } else if (!refusal.isInstalled && (named.has(node.uid) || named.has(node.hostname))) {
      throw refusalError(node, question, refusal);
    } else {
      left.push({ node, refusal });
    }
  }
  if (going.length === 0) throw nothingToDo(question, left);
  going.sort(byRank);
  return {
    order: going.map((node) => node.uid),
    skipped: Object.fromEntries(left.map(({ node, refusal }) => [node.uid, refusal.message])),
    steps: [...going.map((node) => planned(node, pkg, undefined)), ...left.map(({ node, refusal }) => planned(node, pkg, refusal.message))],
    fetchBytes: going.length * (pkg?.sizeBytes ?? 0),
  };
}

const RANKS: readonly string[] = ['mon', 'mgr', 'osd', 'mds', 'rgw'];

/** The order in which nodes are disturbed; total. */
export function byRank(left: NodeRecord, right: NodeRecord): number {
  return rank(left) - rank(right) || compareNaturally(left.hostname, right.hostname) || compareNaturally(left.uid, right.uid);
}

function rank(node: NodeRecord): number {
  const place = RANKS.indexOf(node.roles[0] ?? '');
  return place === -1 ? RANKS.length : place;
}

function planned(node: NodeRecord, pkg: PackageRecord | undefined, skipReason: string | undefined): Plan['steps'][number] {
  const component = pkg === undefined ? undefined : (Object.keys(pkg.components)[0] ?? pkg.product);
  const installed = node.facts?.installed.find((release) => release.component === component);
  const fromVersion = installed?.version ?? node.facts?.uvsVersion ?? '';
  return { node, fromVersion, toVersion: pkg === undefined ? fromVersion : pkg.version, skipReason };
}

/** What it is about, as the end of a sentence: "take uvs 2.14.17", "do this: reboot". */
function task({ pkg, spec: { goal } }: Pick<PlanQuestion, 'pkg' | 'spec'>): string {
  if (goal.kind !== 'release') return `do this: ${describeAction(goal)}`;
  return pkg === undefined ? 'take the release' : `take ${pkg.product} ${pkg.version}`;
}

function refusalError(node: NodeRecord, question: PlanQuestion, refusal: Refusal): UvsError {
  return new UvsError(refusal.reason, `${node.hostname} cannot ${task(question)}: ${refusal.message}`, {
    hint: refusal.hint,
    details: { node: node.uid, hostname: node.hostname, ...packageDetail(question) },
  });
}

function packageDetail({ pkg }: PlanQuestion): { readonly package?: string } {
  return pkg === undefined ? {} : { package: pkg.digest };
}

const NAMES_SHOWN = 3;

function nothingToDo(question: PlanQuestion, left: readonly { readonly node: NodeRecord; readonly refusal: Refusal }[]): UvsError {
  const shown = left.slice(0, NAMES_SHOWN).map(({ node, refusal }) => `${node.hostname} ${refusal.message}`);
  const more = left.length > NAMES_SHOWN ? ` and ${left.length - NAMES_SHOWN} more` : '';
  const reasons = new Set(left.map(({ refusal }) => refusal.reason));
  const [common] = reasons;
  return new UvsError(
    reasons.size === 1 && common !== undefined ? common : 'NOT_ALLOWED_NOW',
    `none of the selected nodes can ${task(question)}: ${shown.join('; ')}${more}`,
    { hint: left[0]?.refusal.hint ?? 'Select other nodes.', details: { ...packageDetail(question) } },
  );
}
