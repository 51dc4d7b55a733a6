import type { LimitRefusal } from '../../proto/gen/uvs/v1/LimitRefusal.ts';
import type { NodeRecord } from '../domain.ts';
import type { LimitRule, NodeLimits } from '../declared/limits.ts';
import type { ForeseenLimits } from '../declared/limits-report.ts';
import { namedNodes } from './declared.ts';

/** An agent asks its systemd, on a node that may be busy. */
const ANSWER_MS = 10_000;
/** An answer carries so many different refusals. */
const MAX_REFUSALS = 64;

interface Asked {
  foreseeLimits(uid: string, rules: readonly LimitRule[], signal: AbortSignal): Promise<ForeseenLimits | undefined>;
}

interface Foreseen {
  readonly refusals: LimitRefusal[];
  readonly refusingNodes: number;
  readonly answeredNodes: number;
}

/** Asks all nodes at once what they would refuse; who has not answered within seconds is not counted among those that did. */
export async function foreseen(
  agents: Asked,
  changed: readonly { readonly node: NodeRecord; readonly after: Pick<NodeLimits, 'rules'> }[],
  signal: AbortSignal,
): Promise<Foreseen> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  const answers = await Promise.all(
    changed.map(async ({ node, after }) => ({ node, answer: await agents.foreseeLimits(node.uid, after.rules, limit) })),
  );
  signal.throwIfAborted();
  const groups = new Map<string, { readonly unit: string; readonly message: string; readonly nodes: NodeRecord[] }>();
  const refusing = new Set<string>();
  for (const { node, answer } of answers) {
    const all = answer === undefined || answer.trouble === '' ? [] : [{ unit: '', message: answer.trouble }];
    for (const { unit, message } of [...all, ...(answer?.refused ?? [])]) {
      refusing.add(node.uid);
      const key = JSON.stringify([unit, message]);
      const group = groups.get(key) ?? { unit, message, nodes: [] };
      group.nodes.push(node);
      groups.set(key, group);
    }
  }
  return {
    refusals: [...groups.values()]
      .toSorted((a, b) => b.nodes.length - a.nodes.length)
      .slice(0, MAX_REFUSALS)
      .map(({ unit, message, nodes }) => ({ unit, message, ...namedNodes(nodes) })),
    refusingNodes: refusing.size,
    answeredNodes: answers.filter(({ answer }) => answer !== undefined).length,
  };
}
