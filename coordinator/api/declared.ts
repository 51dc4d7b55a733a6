import { UvsError } from '../../common/errors.ts';
import type { ChangeForNodes as ChangeMessage } from '../../proto/gen/uvs/v1/ChangeForNodes.ts';
import { toTimestamp } from '../../common/rpc/proto-time.ts';
import type { Timestamp } from '../../proto/gen/google/protobuf/Timestamp.ts';
import type { Core, DeclaredCore } from '../core.ts';
import type { Mended } from '../declared/mended.ts';
import { previewOf } from '../declared/preview.ts';
import { inScope, splitScope } from '../declared/scope.ts';
import type { NodeRecord } from '../domain.ts';
import type { Selector__Output } from '../../proto/gen/uvs/v1/Selector.ts';
import { isEmpty, selectorFrom } from './convert/selector.ts';
import type { PageWeight } from './page.ts';
import { invalid, requireLabels } from './validate.ts';

/** Nodes, as the services of what is declared need them. */
export interface ScopedCore {
  readonly nodes: Pick<Core['nodes'], 'list' | 'find' | 'select'>;
}

/** Of the nodes that a preview names. */
const NAMED_NODES = 20;

/** A scope as it is stored: a node by its UID. @throws UvsError INVALID_ARGUMENT, NOT_FOUND */
export function scopeFrom(core: ScopedCore, scope: string): string {
  const [kind, name] = splitScope(scope);
  if (scope === 'cluster' || (kind === 'role' && /^[a-z0-9][a-z0-9-]{0,31}$/.test(name))) return scope;
  if (kind === 'label' && name.includes('=')) {
    const [key = '', ...value] = name.split('=');
    requireLabels({ [key]: value.join('=') }, 'scope');
    return scope;
  }
  if (kind === 'node' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(name)) return `node/${core.nodes.find(name).uid}`;
  throw invalid('scope', 'must be "cluster", "role/NAME", "label/KEY=VALUE" or "node/NAME"');
}

/** The same where something is to be taken back: a node may have been removed since. */
export function knownScopeFrom(core: ScopedCore, declared: readonly { readonly scope: string }[], scope: string): string {
  return declared.some((each) => each.scope === scope) ? scope : scopeFrom(core, scope);
}

/** Host name of the node of a scope; '' where it is another scope, or enrolled no more. */
export function hostnameOf(core: ScopedCore, scope: string): string {
  const [kind, uid] = splitScope(scope);
  if (kind !== 'node') return '';
  try {
    return core.nodes.find(uid).hostname;
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'NOT_FOUND') return '';
    throw error;
  }
}

export function nodesIn(core: ScopedCore, scope: string): readonly NodeRecord[] {
  return core.nodes.list().filter((node) => inScope(node, [{ scope }]).length > 0);
}

/** Finds the nodes that a request is about: all, where it selects none. @throws UvsError INVALID_ARGUMENT */
export function selectedFrom(message: Selector__Output | null): (nodes: ScopedCore['nodes']) => readonly NodeRecord[] {
  const selector = message === null ? undefined : selectorFrom(message, 'selector');
  return (nodes) => (selector !== undefined && !isEmpty(selector) ? nodes.select(selector) : nodes.list());
}

/** Values that somebody sets. @param parse throws INVALID_ARGUMENT, or gives what is stored */
export function valuesFrom(
  values: Readonly<Record<string, string>>,
  most: number,
  what: string,
  parse: (name: string, value: string) => string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(values);
  if (entries.length === 0 || entries.length > most) throw invalid('values', `must hold 1 to ${most} ${what}`);
  return Object.fromEntries(entries.map(([name, value]) => [name, parse(name, value)]));
}

/** Names that somebody takes back. @throws UvsError INVALID_ARGUMENT */
export function namesFrom<T>(names: readonly string[], most: number, parse: (name: string) => T): readonly T[] {
  if (names.length > most) throw invalid('names', `holds more than ${most}`);
  return names.map(parse);
}

interface Previewed<N> {
  readonly message: { readonly changes: ChangeMessage[]; readonly unchangedNodes: number };
  readonly changed: readonly { readonly node: NodeRecord; readonly after: N }[];
}

/** An answer has at most 16 MiB, and a character may take three bytes. */
const PAGE_CHARACTERS = 4 * 1024 * 1024;

/** What a page of what agents said may weigh, in characters: how much each says is the agent's choice. */
export function weightOfTold(told: (uid: string) => unknown): PageWeight<NodeRecord> {
  return { of: ({ uid }) => JSON.stringify(told(uid) ?? '').length, most: PAGE_CHARACTERS };
}

/** What was put back on a node last, and when that was heard. */
export function mendedMessage(mended: Mended | undefined): { readonly mended: string[]; readonly mendTime: Timestamp | null } {
  return mended === undefined ? { mended: [], mendTime: null } : { mended: [...mended.names], mendTime: toTimestamp(mended.atMs) };
}

/** How many nodes there are, and the names of the first. */
export function namedNodes(nodes: readonly Pick<NodeRecord, 'hostname'>[]): { readonly nodes: number; readonly hostnames: string[] } {
  return { nodes: nodes.length, hostnames: nodes.slice(0, NAMED_NODES).map(({ hostname }) => hostname) };
}

/** What would be otherwise on the nodes of a scope, and on which. @throws UvsError TOO_MANY, NOT_FOUND */
export function previewed<R, A extends { readonly scope: string }, N>(
  core: ScopedCore,
  declared: Pick<DeclaredCore<R, A, N>, 'of' | 'imagine'>,
  at: A,
  change: Parameters<DeclaredCore<R, A, N>['imagine']>[1],
  flat: (its: N) => ReadonlyMap<string, string>,
): Previewed<N> {
  const nodes = nodesIn(core, at.scope);
  const after = declared.imagine(at, change);
  const now = ({ uid }: NodeRecord): ReadonlyMap<string, string> => {
    const its = declared.of(uid);
    return its === undefined ? new Map() : flat(its);
  };
  const groups = previewOf(nodes, now, (node) => flat(after(node)));
  const changed = groups.reduce((count, group) => count + group.nodes.length, 0);
  const message = {
    changes: groups.map((group) => ({ changes: [...group.changes], ...namedNodes(group.nodes) })),
    unchangedNodes: nodes.length - changed,
  };
  return { message, changed: groups.flatMap((group) => group.nodes.map((node) => ({ node, after: after(node) }))) };
}
