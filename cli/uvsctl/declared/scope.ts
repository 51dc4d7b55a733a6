import { UvsError } from '../../../common/errors.ts';
import type { SelectorOptions } from '../selector.ts';

/** The scope that the options describe, which are those that choose nodes, but one alone; as the API names it. @throws UvsError INVALID_ARGUMENT */
export function scopeOf({ all = false, node = [], role = [], label = {} }: SelectorOptions): string {
  const scopes = [
    ...(all ? ['cluster'] : []),
    ...role.map((name) => `role/${name}`),
    ...Object.entries(label).map(([key, value]) => `label/${key}=${value}`),
    ...node.map((name) => `node/${name}`),
  ];
  const [scope] = scopes;
  if (scope !== undefined && scopes.length === 1) return scope;
  const problem = scope === undefined ? 'no nodes are chosen' : `${scopes.length} scopes are given, and it takes one`;
  throw new UvsError('INVALID_ARGUMENT', problem, {
    hint: 'Add --all, --role ROLE, --label KEY=VALUE or --node NAME. What is set of a node counts before a label, a label before a role, a role before --all.',
  });
}

/** Of what was set where no node is: that of nodes to come, or a slip of the pen. */
export const NO_NODE_YET = 'No node is in this scope yet: is it spelt as in `uvsctl nodes list`?';

/** A scope as people read it: a node by its name. */
export function scopeText({ scope, hostname }: { readonly scope: string; readonly hostname: string }): string {
  if (!scope.startsWith('node/')) return scope;
  return hostname === '' ? `${scope} (removed)` : `node/${hostname}`;
}
