import { UvsError } from '../../common/errors.ts';
import type { Actor, DeclaredCore } from '../core.ts';
import { splitScope, type ScopedNode } from '../declared/scope.ts';
import { canonicalText } from '../state/canonical.ts';
import type { Mirror } from '../state/mirror.ts';
import type { RecordChange } from '../state/record-change.ts';
import type { Leading } from './leading.ts';

/** What operators declare for the nodes of a scope. */
export interface Declared {
  readonly scope: string;
  readonly values: Readonly<Record<string, string>>;
}

/** What differs between the kinds of what is declared. @template A where: a scope, and of what in it. @template N what comes of it for a node */
export interface DeclaredKind<R extends Declared & A, A extends { readonly scope: string }, N> {
  /** As operators type it; also the kind of resource in the audit log. */
  readonly name: string;
  readonly all: (mirror: Mirror) => ReadonlyMap<string, R>;
  readonly keyOf: (at: A) => string;
  /** Of what in its scope it is: the name of a unit, or '' where there is nothing but the scope. */
  readonly subject: (at: A) => string;
  readonly make: (at: A, values: Readonly<Record<string, string>>) => R;
  readonly put: (record: R) => RecordChange;
  readonly remove: (at: A) => RecordChange;
  readonly isAbout: (change: RecordChange) => boolean;
  readonly forNode: (node: ScopedNode, records: Iterable<R>) => N;
  /** @throws UvsError TOO_MANY */
  readonly demandRoom: (others: readonly R[], record: R) => void;
}

/** What operators have declared, of one kind; each node's part is computed when somebody asks. */
export class Declarations<R extends Declared & A, A extends { readonly scope: string }, N> implements DeclaredCore<R, A, N> {
  readonly #kind: DeclaredKind<R, A, N>;
  readonly #leading: () => Leading;
  readonly #listeners = new Set<(uid: string | undefined) => void>();
  /** What holds for nodes of the same roles and labels, of which there are few classes among thousands; as long as nothing is set otherwise. */
  #known: { readonly mirror: Mirror; readonly byClass: Map<string, N>; readonly apart: ReadonlySet<string> } | undefined;

  constructor(kind: DeclaredKind<R, A, N>, requireLeading: () => Leading) {
    this.#kind = kind;
    this.#leading = requireLeading;
  }

  list(): readonly R[] {
    const { subject } = this.#kind;
    return [...this.#all().values()].toSorted((a, b) => compare(a.scope, b.scope) || compare(subject(a), subject(b)));
  }

  of(uid: string): N | undefined {
    const { mirror } = this.#leading().ledger;
    const node = mirror.nodes.get(uid);
    if (node === undefined) return undefined;
    const records = this.#kind.all(mirror);
    if (this.#known?.mirror !== mirror) {
      const scopes = [...records.values()].map(({ scope }) => splitScope(scope));
      const apart = new Set(scopes.flatMap(([scopeKind, name]) => (scopeKind === 'node' ? [name] : [])));
      this.#known = { mirror, byClass: new Map(), apart };
    }
    const { byClass, apart } = this.#known;
    const nodeClass = apart.has(uid) ? uid : canonicalText([node.roles, node.labels]);
    const found = byClass.get(nodeClass) ?? this.#kind.forNode(node, records.values());
    byClass.set(nodeClass, found);
    return found;
  }

  async set(at: A, values: Readonly<Record<string, string>>, reason: string, actor: Actor, requestId: string): Promise<R> {
    const kind = this.#kind;
    const content = { ...at, values, reason };
    await this.#leading().requests.perform({ actor, action: `${kind.name}.set`, content, requestId }, (mirror) => {
      const all = kind.all(mirror);
      const before = all.get(kind.keyOf(at));
      const record = this.#setIn(at, before, values);
      kind.demandRoom(
        [...all.values()].filter((other) => kind.keyOf(other) !== kind.keyOf(at)),
        record,
      );
      const was = before === undefined ? 'there was none' : `before: ${described(before.values)}`;
      return this.#wish(kind.put(record), at, `${described(values)}: ${reason}; ${was}`);
    });
    return this.#all().get(kind.keyOf(at)) ?? kind.make(at, values);
  }

  async unset(at: A, names: readonly string[], reason: string, actor: Actor, requestId: string): Promise<R | undefined> {
    const kind = this.#kind;
    const content = { ...at, names, reason };
    await this.#leading().requests.perform({ actor, action: `${kind.name}.unset`, content, requestId }, (mirror) => {
      const before = kind.all(mirror).get(kind.keyOf(at));
      const left = this.#unsetIn(at, named(mirror, at.scope), before, names);
      const change = left === undefined ? kind.remove(at) : kind.put(left);
      return this.#wish(
        change,
        at,
        `${names.length === 0 ? 'all' : names.join(', ')}: ${reason}; before: ${described(before?.values ?? {})}`,
      );
    });
    return this.#all().get(kind.keyOf(at));
  }

  imagine(
    at: A,
    change: { readonly set: Readonly<Record<string, string>> } | { readonly unset: readonly string[] },
  ): (node: ScopedNode) => N {
    const kind = this.#kind;
    const { mirror } = this.#leading().ledger;
    const all = kind.all(mirror);
    const before = all.get(kind.keyOf(at));
    const others = [...all.values()].filter((other) => kind.keyOf(other) !== kind.keyOf(at));
    let after: R | undefined;
    if ('set' in change) {
      after = this.#setIn(at, before, change.set);
      kind.demandRoom(others, after);
    } else after = this.#unsetIn(at, named(mirror, at.scope), before, change.unset);
    const records = after === undefined ? others : [...others, after];
    return (node) => kind.forNode(node, records);
  }

  onChange(listener: (uid: string | undefined) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Hears what the leader's transactions have changed. */
  note(changes: readonly RecordChange[]): void {
    const isAnybodys = changes.length === 0 || changes.some((change) => this.#kind.isAbout(change));
    if (isAnybodys) this.#known = undefined;
    if (isAnybodys) return this.#tell(undefined);
    for (const change of changes) if (change.of === 'node') this.#tell(change.record.uid);
  }

  #setIn(at: A, before: R | undefined, values: Readonly<Record<string, string>>): R {
    return this.#kind.make(at, { ...before?.values, ...values });
  }

  /** What is left; undefined: nothing. @param where its scope as people name it. @param names empty: all. @throws UvsError NOT_FOUND */
  #unsetIn(at: A, where: string, before: R | undefined, names: readonly string[]): R | undefined {
    const subject = this.#kind.subject(at);
    const missing = before === undefined ? undefined : names.find((name) => !Object.hasOwn(before.values, name));
    if (before === undefined || missing !== undefined) {
      const what = [missing ?? names.join(', '), subject].filter((part) => part !== '').join(' of ');
      throw new UvsError('NOT_FOUND', `in the scope ${where} nothing is set${what === '' ? '' : ` of ${what}`}`, {
        hint: `\`uvsctl ${this.#kind.name} list\` shows what is set, and in which scope.`,
      });
    }
    const left = Object.entries(before.values).filter(([name]) => names.length > 0 && !names.includes(name));
    return left.length === 0 ? undefined : this.#kind.make(at, Object.fromEntries(left));
  }

  #tell(uid: string | undefined): void {
    for (const listener of this.#listeners) listener(uid);
  }

  #all(): ReadonlyMap<string, R> {
    return this.#kind.all(this.#leading().ledger.mirror);
  }

  #wish(change: RecordChange, at: A, message: string) {
    const { name, subject } = this.#kind;
    const resource = [name, at.scope, subject(at)].filter((part) => part !== '').join('/');
    return { changes: [change], audit: { resource, message }, result: subject(at) };
  }
}

/** A scope as people name it: a node by its host name. */
function named(mirror: Mirror, scope: string): string {
  const [scopeKind, uid] = splitScope(scope);
  const hostname = scopeKind === 'node' ? mirror.nodes.get(uid)?.hostname : undefined;
  return hostname === undefined ? scope : `node/${hostname}`;
}

function described(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
