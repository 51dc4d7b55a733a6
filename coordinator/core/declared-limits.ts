import { agentBounds } from '../../common/agent-bounds.ts';
import { UvsError } from '../../common/errors.ts';
import type { UnitInScope } from '../core.ts';
import type { LimitRecord } from '../domain.ts';
import { limitsOf, type NodeLimits } from '../declared/limits.ts';
import { keys } from '../state/keys.ts';
import type { DeclaredKind } from './declarations.ts';

/** All of them are read for each node. */
const MOST_RECORDS = 512;

/** Limits of services. */
export const limitsKind: DeclaredKind<LimitRecord, UnitInScope, NodeLimits> = {
  name: 'limits',
  all: (mirror) => mirror.limits,
  keyOf: ({ scope, unit }) => keys.limit(scope, unit),
  subject: ({ unit }) => unit,
  make: ({ scope, unit }, values) => ({ scope, unit, values }),
  put: (record) => ({ of: 'limit', record }),
  remove: ({ scope, unit }) => ({ of: 'limit-gone', scope, unit }),
  isAbout: ({ of }) => of === 'limit' || of === 'limit-gone',
  forNode: limitsOf,
  demandRoom: (others, { unit }) => {
    const hint = 'Take some back with `uvsctl limits unset`; a pattern such as ceph-osd@* is one for all units that it names.';
    if (others.length >= MOST_RECORDS)
      throw new UvsError('TOO_MANY', `a cluster has limits for at most ${MOST_RECORDS} units in scopes`, { hint });
    if (new Set([...others.map((other) => other.unit), unit]).size > agentBounds.limitRules)
      throw new UvsError('TOO_MANY', `a cluster has limits for at most ${agentBounds.limitRules} different units and patterns`, { hint });
  },
};
