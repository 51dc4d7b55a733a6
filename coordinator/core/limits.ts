import { UvsError } from '../../common/errors.ts';
import type { Actor, LimitsCore, UnitInScope } from '../core.ts';
import type { LimitRecord } from '../domain.ts';
import { limitsOf, splitScope, type NodeLimits } from '../limits.ts';
import { canonicalText } from '../state/canonical.ts';
import { keys } from '../state/keys.ts';
import type { Mirror } from '../state/mirror.ts';
import type { RecordChange } from '../state/record-change.ts';
import type { Wish } from '../state/requests.ts';
import type { Leading } from './leading.ts';

/** All of them are read for each node. */
const MOST_RECORDS = 512;
/** That an agent takes. */
const MOST_RULES = 64;

/** Limits of services, as they were set; each node's part is computed when somebody asks. */
export class Limits implements LimitsCore {
  readonly #leading: () => Leading;
  readonly #listeners = new Set<(uid: string | undefined) => void>();
  /** What holds for nodes of the same roles and labels, of which there are few kinds among thousands; as long as nothing is set otherwise. */
  #known: { readonly mirror: Mirror; readonly byKind: Map<string, NodeLimits>; readonly apart: ReadonlySet<string> } | undefined;

  constructor(requireLeading: () => Leading) {
    this.#leading = requireLeading;
  }

  list(): readonly LimitRecord[] {
    return [...this.#leading().ledger.mirror.limits.values()].toSorted((a, b) => compare(a.scope, b.scope) || compare(a.unit, b.unit));
  }

  of(uid: string): NodeLimits | undefined {
    const { mirror } = this.#leading().ledger;
    const node = mirror.nodes.get(uid);
    if (node === undefined) return undefined;
    if (this.#known?.mirror !== mirror) {
      const scopes = [...mirror.limits.values()].map(({ scope }) => splitScope(scope));
      const apart = new Set(scopes.flatMap(([kind, name]) => (kind === 'node' ? [name] : [])));
      this.#known = { mirror, byKind: new Map(), apart };
    }
    const { byKind, apart } = this.#known;
    const kind = apart.has(uid) ? uid : canonicalText([node.roles, node.labels]);
    const found = byKind.get(kind) ?? limitsOf(node, mirror.limits.values());
    byKind.set(kind, found);
    return found;
  }

  async set(
    { scope, unit }: UnitInScope,
    values: Readonly<Record<string, string>>,
    reason: string,
    actor: Actor,
    requestId: string,
  ): Promise<LimitRecord> {
    const content = { scope, unit, values, reason };
    await this.#leading().requests.perform({ actor, action: 'limits.set', content, requestId }, (mirror) => {
      const before = mirror.limits.get(keys.limit(scope, unit));
      const record = { scope, unit, values: { ...before?.values, ...values } };
      demandRoom(mirror, record);
      return wish(
        { of: 'limit', record },
        record,
        `${described(values)}: ${reason}; ${before === undefined ? 'there was none' : `before: ${described(before.values)}`}`,
      );
    });
    return this.#at(scope, unit) ?? { scope, unit, values };
  }

  async unset(
    { scope, unit }: UnitInScope,
    names: readonly string[],
    reason: string,
    actor: Actor,
    requestId: string,
  ): Promise<LimitRecord | undefined> {
    const content = { scope, unit, names, reason };
    await this.#leading().requests.perform({ actor, action: 'limits.unset', content, requestId }, (mirror) => {
      const before = mirror.limits.get(keys.limit(scope, unit));
      const missing = before === undefined ? unit : names.find((name) => !Object.hasOwn(before.values, name));
      if (before === undefined || missing !== undefined)
        throw new UvsError(
          'NOT_FOUND',
          `in the scope ${scope} nothing is set of ${before === undefined ? unit : `${missing} of ${unit}`}`,
          {
            hint: '`uvsctl limits list` shows what is set.',
          },
        );
      const left = Object.entries(before.values).filter(([name]) => names.length > 0 && !names.includes(name));
      const record = { scope, unit, values: Object.fromEntries(left) };
      const change: RecordChange = left.length === 0 ? { of: 'limit-gone', scope, unit } : { of: 'limit', record };
      return wish(change, record, `${names.length === 0 ? 'all' : names.join(', ')}: ${reason}; before: ${described(before.values)}`);
    });
    return this.#at(scope, unit);
  }

  onChange(listener: (uid: string | undefined) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Hears what the leader's transactions have changed. */
  note(changes: readonly RecordChange[]): void {
    const isAnybodys = changes.length === 0 || changes.some(({ of }) => of === 'limit' || of === 'limit-gone');
    if (isAnybodys) this.#known = undefined;
    if (isAnybodys) return this.#tell(undefined);
    for (const change of changes) if (change.of === 'node') this.#tell(change.record.uid);
  }

  #tell(uid: string | undefined): void {
    for (const listener of this.#listeners) listener(uid);
  }

  #at(scope: string, unit: string): LimitRecord | undefined {
    return this.#leading().ledger.mirror.limits.get(keys.limit(scope, unit));
  }
}

/** @throws UvsError TOO_MANY */
function demandRoom(mirror: Mirror, record: LimitRecord): void {
  const all = [...mirror.limits.values()].filter(({ scope, unit }) => scope !== record.scope || unit !== record.unit);
  const hint = 'Take some back with `uvsctl limits unset`; a pattern such as ceph-osd@* is one for all units that it names.';
  if (all.length >= MOST_RECORDS)
    throw new UvsError('TOO_MANY', `a cluster has limits for at most ${MOST_RECORDS} units in scopes`, { hint });
  const units = new Set([...all.map(({ unit }) => unit), record.unit]);
  if (units.size > MOST_RULES)
    throw new UvsError('TOO_MANY', `a cluster has limits for at most ${MOST_RULES} different units and patterns`, { hint });
}

function wish(change: RecordChange, { scope, unit }: UnitInScope, message: string): Wish {
  return { changes: [change], audit: { resource: `limits/${scope}/${unit}`, message }, result: unit };
}

function described(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
