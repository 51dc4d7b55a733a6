import { UvsError } from '../../common/errors.ts';
import type { Handlers } from '../../common/rpc/handlers.ts';
import { toTimestamp } from '../../common/rpc/proto-time.ts';
import type { Cluster } from '../../proto/gen/uvs/v1/Cluster.ts';
import type { Coordinator } from '../../proto/gen/uvs/v1/Coordinator.ts';
import type { ClusterServiceHandlers } from '../../proto/gen/uvs/v1/ClusterService.ts';
import { DEFAULT_BUDGETS } from '../budget.ts';
import type { Core } from '../core.ts';
import type { KnownMember, Member } from '../domain.ts';
import { clusterConditions, nodesCondition } from './convert/conditions.ts';
import { invalid, requestId, requireInteger, requireReason } from './validate.ts';
import type { Views } from './views.ts';

export interface ClusterIdentity {
  readonly name: string;
  /** The age recipient to which packages for this cluster are encrypted. */
  readonly packageRecipient: string;
}

const MAX_BUDGET = 10_000;

/** The cluster as a whole: its state, freeze and budgets. */
export function clusterService(handlers: Handlers, core: Core, identity: ClusterIdentity, views: Views): ClusterServiceHandlers {
  const describe = async (): Promise<{ cluster: Cluster }> => ({ cluster: clusterMessage(core, identity, await core.cluster.describe()) });
  return {
    GetCluster: handlers.unary(async (_request, context) => {
      // before its turn: whoever waits for etcd is in nobody's way
      const described = await core.cluster.describe();
      return await views.look(context, async () => ({ cluster: clusterMessage(core, identity, described) }));
    }),
    ListCoordinators: handlers.unary(async () => ({ coordinators: (await core.cluster.members()).map(knownMemberMessage) })),
    RemoveCoordinator: handlers.unary(async (request, { peer }) => {
      const id = requireCoordinatorId(request.id);
      await core.cluster.removeMember(id, requireReason(request.reason), { identity: peer.name }, requestId(request.requestId));
      return await describe();
    }),
    Freeze: handlers.unary(async (request, { peer }) => {
      await core.cluster.freeze(requireReason(request.reason), { identity: peer.name }, requestId(request.requestId));
      return await describe();
    }),
    Thaw: handlers.unary(async (request, { peer }) => {
      await core.cluster.thaw(requireReason(request.reason), { identity: peer.name }, requestId(request.requestId));
      return await describe();
    }),
    AdoptCluster: handlers.unary(async (request, { peer }) => {
      await core.cluster.adopt(requireReason(request.reason), { identity: peer.name }, requestId(request.requestId));
      return await describe();
    }),
    SetBudget: handlers.unary(async (request, { peer }) => {
      const scope = requireScope(request.scope);
      const nodes = requireInteger(request.nodes, 'nodes', 1, MAX_BUDGET);
      const reason = requireReason(request.reason);
      await core.cluster.setBudget(scope, nodes, reason, { identity: peer.name }, requestId(request.requestId));
      return await describe();
    }),
    UnsetBudget: handlers.unary(async (request, { peer }) => {
      const scope = requireScope(request.scope);
      const reason = requireReason(request.reason);
      await core.cluster.unsetBudget(scope, reason, { identity: peer.name }, requestId(request.requestId));
      return await describe();
    }),
  };
}

function requireScope(scope: string): string {
  if (/^(cluster|role\/[a-z0-9][a-z0-9-]{0,31})$/.test(scope)) return scope;
  throw invalid('scope', 'must be "cluster" or "role/NAME"', 'For all nodes say cluster, for the OSDs role/osd.');
}

function requireCoordinatorId(id: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(id)) return id;
  throw invalid('id', 'must be the id of a coordinator');
}

function clusterMessage(
  core: Core,
  identity: ClusterIdentity,
  { epoch, leader, members, ledger, unheard }: Awaited<ReturnType<Core['cluster']['describe']>>,
): Cluster {
  const nodes = knownToLeader(() => core.nodes.list());
  const statuses = nodes.map(({ hostname, uid }) => ({ hostname, ...core.nodes.status(uid) }));
  const removed = knownToLeader(() => core.slots.removed()).map((node) => ({ ...node, state: 'removed' as const }));
  return {
    name: identity.name,
    epoch,
    leader: leader === undefined ? null : memberMessage(leader),
    coordinators: members.map(knownMemberMessage),
    conditions: [
      ...clusterConditions(
        ledger,
        unheard,
        members,
        knownToLeader(() => core.slots.drains()),
      ),
      nodesCondition([...statuses, ...removed]),
    ],
    budgets: { ...ledger.budgets },
    defaultBudgets: { ...DEFAULT_BUDGETS },
    nodesTotal: nodes.length,
    nodesReady: statuses.filter(({ state }) => state === 'ready').length,
    packageRecipient: identity.packageRecipient,
  };
}

/** Only the leader knows nodes and drains; the rest is known everywhere. */
function knownToLeader<T>(list: () => readonly T[]): readonly T[] {
  try {
    return list();
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'NOT_LEADER') return [];
    throw error;
  }
}

function knownMemberMessage(member: KnownMember): Coordinator {
  const { isDown, downSince } = member;
  return { ...memberMessage(member), isDown, downTime: downSince === undefined ? null : toTimestamp(downSince) };
}

function memberMessage(member: Member): { id: string; grpcAddress: string; httpsAddress: string } {
  return { id: member.id, grpcAddress: member.grpcAddress, httpsAddress: member.httpsAddress };
}
