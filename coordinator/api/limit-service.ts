import { parseLimitName, parseLimitValue } from '../../common/limits/value.ts';
import type { Handlers } from '../../common/rpc/handlers.ts';
import { isTemplate, unitPattern } from '../../common/unit-pattern.ts';
import type { Limit } from '../../proto/gen/uvs/v1/Limit.ts';
import type { LimitServiceHandlers } from '../../proto/gen/uvs/v1/LimitService.ts';
import type { LimitState } from '../../proto/gen/uvs/v1/LimitState.ts';
import type { NodeLimits } from '../../proto/gen/uvs/v1/NodeLimits.ts';
import type { Core } from '../core.ts';
import { standingOf } from '../declared/hearing.ts';
import type { LimitRecord, NodeRecord } from '../domain.ts';
import { flatLimits, type LimitRule } from '../declared/limits.ts';
import type { ForeseenLimits, LimitsReport, ReportedUnit } from '../declared/limits-report.ts';
import {
  hostnameOf,
  knownScopeFrom,
  mendedMessage,
  namesFrom,
  nodesIn,
  previewed,
  scopeFrom,
  selectedFrom,
  valuesFrom,
  weightOfTold,
  type ScopedCore,
} from './declared.ts';
import { foreseen } from './foreseen-limits.ts';
import { paginate } from './page.ts';
import { invalid, pageSize, requestId, requireReason } from './validate.ts';
import type { Views } from './views.ts';

/** What agents say of their limits. */
export interface LimitsHearing {
  limits(uid: string): { readonly told: LimitsReport | undefined } | undefined;
  /** What the node would refuse if these were all; undefined: it does not answer. */
  foreseeLimits(uid: string, rules: readonly LimitRule[], signal: AbortSignal): Promise<ForeseenLimits | undefined>;
}

type LimitedCore = Pick<Core, 'limits'> & ScopedCore;

const MAX_VALUES = 16;

/** How much of a node its services may take: set, taken back, and how it stands with it. */
export function limitService(handlers: Handlers, core: LimitedCore, hearing: LimitsHearing, views: Views): LimitServiceHandlers {
  const message = (record: LimitRecord): Limit => ({ ...record, values: { ...record.values }, hostname: hostnameOf(core, record.scope) });
  return {
    ListLimits: handlers.unary(
      async (_request, context) => await views.look(context, async () => ({ limits: core.limits.list().map(message) })),
    ),
    SetLimits: handlers.unary(async (request, { peer }) => {
      const at = { scope: scopeFrom(core, request.scope), unit: limitableFrom(request.unit) };
      const values = limitsFrom(request.values);
      const reason = requireReason(request.reason);
      const limit = await core.limits.set(at, values, reason, { identity: peer.name }, requestId(request.requestId));
      return { limit: message(limit), nodes: nodesIn(core, limit.scope).length };
    }),
    UnsetLimits: handlers.unary(async (request, { peer }) => {
      const at = { scope: knownScopeFrom(core, core.limits.list(), request.scope), unit: unitFrom(request.unit) };
      const names = namesFrom(request.names, MAX_VALUES, parseLimitName);
      const reason = requireReason(request.reason);
      const left = await core.limits.unset(at, names, reason, { identity: peer.name }, requestId(request.requestId));
      return { limit: left === undefined ? null : message(left) };
    }),
    PreviewLimits: handlers.unary(async (request, context) => {
      const isSet = Object.keys(request.values).length > 0;
      const change = isSet ? { set: limitsFrom(request.values) } : { unset: namesFrom(request.unset, MAX_VALUES, parseLimitName) };
      const { message: changes, changed } = await views.look(context, async () => {
        const unit = isSet ? limitableFrom(request.unit) : unitFrom(request.unit);
        const at = { scope: knownScopeFrom(core, core.limits.list(), request.scope), unit };
        return previewed(core, core.limits, at, change, flatLimits);
      });
      // every node looks at its services for it: a few at a time, as what asks gates
      return await views.plan(context, async () => ({ ...changes, ...(await foreseen(hearing, changed, context.signal)) }));
    }),
    ListNodeLimits: handlers.unary(async (request, context) => {
      const selected = selectedFrom(request.selector);
      const size = pageSize(request.pageSize, 1000);
      const weight = weightOfTold((uid) => hearing.limits(uid)?.told);
      return await views.look(context, async () => {
        const page = paginate(selected(core.nodes), (node) => node.uid, size, request.pageToken, weight);
        return { nodes: page.items.map((node) => nodeMessage(core, hearing, node)), nextPageToken: page.nextPageToken };
      });
    }),
  };
}

function nodeMessage(core: LimitedCore, hearing: LimitsHearing, { uid, hostname }: NodeRecord): NodeLimits {
  const wanted = core.limits.of(uid);
  const { report, message } = standingOf(
    'limits',
    { hash: wanted?.hash, isNothing: (wanted?.rules.length ?? 0) === 0 },
    hearing.limits(uid),
    ({ units }) => units.length === 0,
  );
  return { node: `nodes/${uid}`, hostname, units: report?.units.map(unitMessage) ?? [], message };
}

const states = {
  'in-force': 'LIMIT_STATE_IN_FORCE',
  'from-next-start': 'LIMIT_STATE_FROM_NEXT_START',
  unmet: 'LIMIT_STATE_UNMET',
  refused: 'LIMIT_STATE_REFUSED',
} as const satisfies Record<ReportedUnit['state'], LimitState>;

function unitMessage({ unit, state, message, mended }: ReportedUnit) {
  return { unit, state: states[state], message, ...mendedMessage(mended) };
}

function unitFrom(text: string): string {
  const unit = unitPattern(text);
  if (unit?.endsWith('.service') === true) return unit;
  throw invalid('unit', `${JSON.stringify(text.slice(0, 80))} is no service`, 'For example ceph-osd@*, ceph-osd@3 or chrony.service.');
}

/** What was set of a template by an earlier coordinator can still be taken back. */
function limitableFrom(text: string): string {
  const unit = unitFrom(text);
  if (!isTemplate(unit)) return unit;
  throw invalid(
    'unit',
    `${unit} is no service, but a template`,
    `Name its services (${unit.replace('@.', '@3.')}), or those of Ceph by a pattern: ceph-osd@*.`,
  );
}

function limitsFrom(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return valuesFrom(values, MAX_VALUES, 'limits', (name, value) => {
    parseLimitValue(parseLimitName(name), value.slice(0, 64));
    return value;
  });
}
