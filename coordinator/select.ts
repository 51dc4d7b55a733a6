import { UvsError } from '../common/errors.ts';
import type { NodeRecord, Selector } from './domain.ts';
import { compareNaturally } from '../common/natural-order.ts';

/**
 * Returns the nodes that a selector names, in the natural order of their host names: its fields are combined by AND, the values inside
 * one field by OR, labels all.
 * @throws UvsError INVALID_ARGUMENT for an empty selector; NOT_FOUND naming the node, role or label that nobody has, or the combination.
 */
export function selectNodes(nodes: readonly NodeRecord[], selector: Selector): readonly NodeRecord[] {
  const labels = Object.entries(selector.labels);
  if (!selector.all && selector.nodes.length === 0 && selector.roles.length === 0 && labels.length === 0) {
    throw new UvsError('INVALID_ARGUMENT', 'the selector is empty: it selects no node', {
      hint: 'Name nodes, a role or a label, or select all.',
    });
  }
  refuseUnknown(nodes, selector);
  const selected = matchingNodes(nodes, selector);
  if (selected.length === 0) {
    throw new UvsError('NOT_FOUND', `no node is selected by ${describeSelector(selector)}`, {
      hint: 'A node must satisfy all of them; "uvsctl nodes list" shows the nodes.',
    });
  }
  return selected.toSorted((left, right) => compareNaturally(left.hostname, right.hostname) || compareNaturally(left.uid, right.uid));
}

/** The nodes that a selector names, where it need not name any. */
export function matchingNodes(nodes: readonly NodeRecord[], selector: Selector): readonly NodeRecord[] {
  const named = new Set(selector.nodes);
  const labels = Object.entries(selector.labels);
  return nodes.filter(
    (node) =>
      (named.size === 0 || named.has(node.uid) || named.has(node.hostname)) &&
      (selector.roles.length === 0 || node.roles.some((role) => selector.roles.includes(role))) &&
      labels.every(([key, value]) => hasLabel(node, key, value)),
  );
}

/** Writes a selector as an operator would say it. */
function describeSelector(selector: Selector): string {
  const parts = [
    ...(selector.all ? ['all nodes'] : []),
    ...(selector.nodes.length > 0 ? [`node ${selector.nodes.join(' or ')}`] : []),
    ...(selector.roles.length > 0 ? [`role ${selector.roles.join(' or ')}`] : []),
    ...Object.entries(selector.labels).map(([key, value]) => `label ${key}=${value}`),
  ];
  return parts.join(' and ');
}

function refuseUnknown(nodes: readonly NodeRecord[], selector: Selector): void {
  const names = new Set(nodes.flatMap((node) => [node.uid, node.hostname]));
  for (const name of selector.nodes) {
    if (!names.has(name)) {
      throw new UvsError('NOT_FOUND', `there is no node ${name}`, {
        hint: '"uvsctl nodes list" shows the nodes.',
        details: { node: name },
      });
    }
  }
  const roles = new Set(nodes.flatMap((node) => node.roles));
  for (const role of selector.roles) {
    if (!roles.has(role)) {
      throw new UvsError('NOT_FOUND', `no node has the role ${role}`, {
        hint: roles.size === 0 ? 'No node has enrolled yet.' : `The roles are ${[...roles].toSorted(compareNaturally).join(', ')}.`,
        details: { role },
      });
    }
  }
  for (const [key, value] of Object.entries(selector.labels)) {
    if (!nodes.some((node) => hasLabel(node, key, value))) {
      throw new UvsError('NOT_FOUND', `no node has the label ${key}=${value}`, {
        hint: '"uvsctl nodes show NODE" shows a node\'s labels.',
        details: { label: `${key}=${value}` },
      });
    }
  }
}

function hasLabel(node: NodeRecord, key: string, value: string): boolean {
  return Object.hasOwn(node.labels, key) && node.labels[key] === value;
}
