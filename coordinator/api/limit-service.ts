import { parseLimitName, parseLimitValue } from '../../common/limits/value.ts';
import type { Handlers } from '../../common/rpc/handlers.ts';
import { unitPattern } from '../../common/unit-pattern.ts';
import type { Limit } from '../../proto/gen/uvs/v1/Limit.ts';
import type { LimitServiceHandlers } from '../../proto/gen/uvs/v1/LimitService.ts';
import type { LimitState } from '../../proto/gen/uvs/v1/LimitState.ts';
import type { NodeLimits } from '../../proto/gen/uvs/v1/NodeLimits.ts';
import type { Core } from '../core.ts';
import type { LimitRecord, NodeRecord } from '../domain.ts';
import { limitsOf, splitScope } from '../limits.ts';
import type { LimitsReport, ReportedUnit } from '../limits-report.ts';
import { isEmpty, selectorFrom } from './convert/selector.ts';
import { paginate } from './page.ts';
import { invalid, pageSize, requestId, requireLabels, requireReason } from './validate.ts';
import type { Views } from './views.ts';

/** What agents say of their limits. */
export interface LimitsHearing {
  limits(uid: string): { readonly told: LimitsReport | undefined } | undefined;
}

type LimitedCore = Pick<Core, 'limits'> & { readonly nodes: Pick<Core['nodes'], 'list' | 'find' | 'select'> };

/** A node may have 256 units, each with a sentence: an answer has at most 16 MiB. */
const MAX_UNITS = 8_000;
const MAX_VALUES = 16;

/** How much of a node its services may take: set, taken back, and how it stands with it. */
export function limitService(handlers: Handlers, core: LimitedCore, hearing: LimitsHearing, views: Views): LimitServiceHandlers {
  const message = (record: LimitRecord): Limit => ({ ...record, values: { ...record.values }, hostname: hostnameOf(core, record.scope) });
  return {
    ListLimits: handlers.unary(
      async (_request, context) => await views.look(context, async () => ({ limits: core.limits.list().map(message) })),
    ),
    SetLimits: handlers.unary(async (request, { peer }) => {
      const at = { scope: scopeFrom(core, request.scope), unit: unitFrom(request.unit) };
      const values = valuesFrom(request.values);
      const reason = requireReason(request.reason);
      const limit = await core.limits.set(at, values, reason, { identity: peer.name }, requestId(request.requestId));
      const nodes = core.nodes.list().filter((node) => limitsOf(node, [limit]).rules.length > 0).length;
      return { limit: message(limit), nodes };
    }),
    UnsetLimits: handlers.unary(async (request, { peer }) => {
      // a node may have been removed since
      const isThere = core.limits.list().some(({ scope }) => scope === request.scope);
      const at = { scope: isThere ? request.scope : scopeFrom(core, request.scope), unit: unitFrom(request.unit) };
      if (request.names.length > MAX_VALUES) throw invalid('names', `holds more than ${MAX_VALUES}`);
      const names = request.names.map((name) => parseLimitName(name));
      const reason = requireReason(request.reason);
      const left = await core.limits.unset(at, names, reason, { identity: peer.name }, requestId(request.requestId));
      return { limit: left === undefined ? null : message(left) };
    }),
    ListNodeLimits: handlers.unary(async (request, context) => {
      const selector = request.selector === null ? undefined : selectorFrom(request.selector, 'selector');
      const size = pageSize(request.pageSize, 1000);
      const weight = { of: ({ uid }: NodeRecord) => hearing.limits(uid)?.told?.units.length ?? 0, most: MAX_UNITS };
      return await views.look(context, async () => {
        const nodes = selector !== undefined && !isEmpty(selector) ? core.nodes.select(selector) : core.nodes.list();
        const page = paginate(nodes, (node) => node.uid, size, request.pageToken, weight);
        return { nodes: page.items.map((node) => nodeMessage(core, hearing, node)), nextPageToken: page.nextPageToken };
      });
    }),
  };
}

function nodeMessage(core: LimitedCore, hearing: LimitsHearing, { uid, hostname }: NodeRecord): NodeLimits {
  const wanted = core.limits.of(uid);
  const heard = hearing.limits(uid);
  const told = heard?.told;
  const node = { node: `nodes/${uid}`, hostname };
  // nothing is wanted, and nothing is told but that there is nothing
  const isIdle = (wanted?.rules.length ?? 0) === 0 && (told?.units.length ?? 0) === 0;
  if (isIdle) return { ...node, units: [], message: told?.trouble ?? '' };
  if (heard === undefined)
    return { ...node, units: [], message: 'nothing is known: it has no session, or its agent is too old for limits' };
  if (told === undefined || told.hash !== wanted?.hash) return { ...node, units: [], message: 'it was told, and has not answered yet' };
  return { ...node, units: told.units.map(unitMessage), message: told.trouble };
}

const states = {
  'in-force': 'LIMIT_STATE_IN_FORCE',
  'from-next-start': 'LIMIT_STATE_FROM_NEXT_START',
  unmet: 'LIMIT_STATE_UNMET',
  refused: 'LIMIT_STATE_REFUSED',
} as const satisfies Record<ReportedUnit['state'], LimitState>;

function unitMessage({ unit, state, message, mended }: ReportedUnit) {
  return { unit, state: states[state], message, mended: [...mended] };
}

/** A scope as it is stored: a node by its UID. @throws UvsError INVALID_ARGUMENT, NOT_FOUND */
function scopeFrom(core: LimitedCore, scope: string): string {
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

function hostnameOf(core: LimitedCore, scope: string): string {
  const [kind, uid] = splitScope(scope);
  return kind === 'node' ? (core.nodes.list().find((node) => node.uid === uid)?.hostname ?? '') : '';
}

function unitFrom(text: string): string {
  const unit = unitPattern(text);
  if (unit?.endsWith('.service') === true) return unit;
  throw invalid('unit', `${JSON.stringify(text.slice(0, 80))} is no service`, 'For example ceph-osd@*, ceph-osd@3 or chrony.service.');
}

function valuesFrom(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(values);
  if (entries.length === 0 || entries.length > MAX_VALUES) throw invalid('values', `must hold 1 to ${MAX_VALUES} limits`);
  for (const [name, value] of entries) parseLimitValue(parseLimitName(name), value.slice(0, 64));
  return values;
}
