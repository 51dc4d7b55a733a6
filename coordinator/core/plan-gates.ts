import type { PlanBlocker } from '../plan-blockers.ts';
import type { NodeRecord, RolloutSpec } from '../domain.ts';
import type { NamedAnswer } from '../gates/ask.ts';
import { gateQuestion, type Leading } from './leading.ts';

/** Nodes of a plan that the gates are asked about, the first in its order: the others may wait for days, and each answer may be a program. */
export const NODES_ASKED = 16;
const NAMES_SHOWN = 3;

export interface PlanGates {
  readonly blockers: readonly PlanBlocker[];
  /** About so many nodes, the first of the plan, all gates have answered in time. */
  readonly asked: number;
}

interface AskedNode {
  readonly node: NodeRecord;
  readonly refusals: readonly NamedAnswer[];
}

/**
 * Asks the gates about the first nodes of a plan, each as if it were the next one, and what of the whole plan no waiting will make a yes. The first
 * node has the gates' own time, the others only as long as somebody looks at a plan; who was not answered for by then was not asked.
 */
export async function askAboutPlan(leading: Leading, nodes: readonly NodeRecord[], spec: RolloutSpec): Promise<PlanGates> {
  const { gates, timings, term } = leading;
  const [first, ...later] = nodes.slice(0, NODES_ASKED);
  if (first === undefined || gates.list().length === 0) return { blockers: [], asked: 0 };
  const soon = AbortSignal.any([term.signal, AbortSignal.timeout(timings.planGatesMs)]);
  // in this order they wait for their turns: what matters most comes first
  const [own, never, ...others] = await Promise.all([
    ask(leading, first, spec, term.signal),
    gates.never(nodes, term.signal),
    ...later.map(async (node) => {
      const asked = await ask(leading, node, spec, soon);
      return soon.aborted ? undefined : asked;
    }),
  ]);
  const asked = [own, ...others.filter((other) => other !== undefined)];
  // of what is never a yes a node's own no may be a case
  const isCase = ({ name, message }: NamedAnswer): boolean => never.some((each) => each.name === name && message.startsWith(each.message));
  const blockers = never.map(({ name, message }) => ({ kind: `gate/${name}`, message }));
  return { blockers: [...blockers, ...blockersOf(asked, isCase)], asked: asked.length };
}

async function ask(leading: Leading, node: NodeRecord, spec: RolloutSpec, signal: AbortSignal): Promise<AskedNode> {
  const answers = await leading.gates.look(gateQuestion(leading, leading.ledger.mirror, 'before-grant', node, spec), signal);
  return { node, refusals: answers.filter(({ isYes }) => !isYes) };
}

/** Each no once, with the nodes that it was said of, unless that was all of them. */
function blockersOf(asked: readonly AskedNode[], isCase: (answer: NamedAnswer) => boolean): readonly PlanBlocker[] {
  const found = new Map<string, { readonly kind: string; readonly message: string; readonly names: string[] }>();
  for (const { node, refusals } of asked) {
    for (const refusal of refusals) {
      if (isCase(refusal)) continue;
      const { name, message } = refusal;
      const key = JSON.stringify([name, message]);
      const same = found.get(key) ?? { kind: `gate/${name}`, message, names: [] };
      same.names.push(node.hostname);
      found.set(key, same);
    }
  }
  return [...found.values()].map(({ kind, message, names }) => ({
    kind,
    message: names.length === asked.length ? message : `${listed(names)}: ${message}`,
  }));
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return `${names.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
