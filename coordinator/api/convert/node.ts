import { toTimestamp } from '../../../common/rpc/proto-time.ts';
import type { Node } from '../../../proto/gen/uvs/v1/Node.ts';
import type { NodeState } from '../../../proto/gen/uvs/v1/NodeState.ts';
import type { NodeStatus } from '../../core.ts';
import type { NodeRecord } from '../../domain.ts';
import type { LiveNode } from '../../ports.ts';
import { describeUnreached } from '../../unreached-root.ts';
import { factsMessage } from './facts.ts';

const states = {
  ready: 'NODE_STATE_READY',
  silent: 'NODE_STATE_SILENT',
  unhealthy: 'NODE_STATE_UNHEALTHY',
  cordoned: 'NODE_STATE_CORDONED',
  updating: 'NODE_STATE_UPDATING',
  'needs-operator': 'NODE_STATE_NEEDS_OPERATOR',
  quarantined: 'NODE_STATE_QUARANTINED',
} as const satisfies Record<NodeStatus['state'], NodeState>;

/** @param lastSeenMs wall clock; undefined where this leader has not heard from the node. */
export function nodeMessage(
  record: NodeRecord,
  status: NodeStatus,
  live: LiveNode | undefined,
  lastSeenMs: number | undefined,
  clusterRoot: Parameters<typeof describeUnreached>[1],
): Node {
  const facts = live?.facts ?? record.facts;
  return {
    name: `nodes/${record.uid}`,
    uid: record.uid,
    hostname: record.hostname,
    addresses: [...record.addresses],
    roles: [...record.roles],
    rolesUnaccepted: record.acceptedRoles !== undefined,
    acceptedRoles: [...(record.acceptedRoles ?? [])],
    labels: { ...record.labels },
    facts: facts === undefined ? null : factsMessage(facts),
    state: states[status.state],
    stateMessage: status.message,
    cordonReason: record.cordonReason ?? '',
    enrolTime: toTimestamp(record.enrolledAt),
    packageRootVersion: live?.packageRootVersion ?? 0,
    packageRootMessage: describeUnreached(live?.packageRootVersion, clusterRoot),
    lastSeenTime: lastSeenMs === undefined ? null : toTimestamp(lastSeenMs),
  };
}
