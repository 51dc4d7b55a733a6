import type { Handlers } from '../../common/rpc/handlers.ts';
import type { Node } from '../../proto/gen/uvs/v1/Node.ts';
import type { NodeServiceHandlers } from '../../proto/gen/uvs/v1/NodeService.ts';
import { rolesFrom } from '../agents/session-messages.ts';
import type { Core } from '../core.ts';
import type { NodeRecord } from '../domain.ts';
import type { Clock, LiveNode } from '../ports.ts';
import { nodeMessage } from './convert/node.ts';
import { isEmpty, selectorFrom } from './convert/selector.ts';
import { paginate } from './page.ts';
import { invalid, pageSize, requestId, requireLabelKey, requireLabels, requireName, requireReason } from './validate.ts';
import type { Views } from './views.ts';

/** Releases in one page of nodes, some 300 bytes each: an answer has at most 16 MiB, and one node may have 256. */
const MAX_RELEASES = 20_000;

/** What is heard of nodes besides their records. */
export interface NodeHearing {
  live(uid: string): LiveNode | undefined;
  /** By the monotonic clock. */
  lastHeardMs(uid: string): number | undefined;
}

/** The nodes: shown, labelled, taken out of plans, removed. */
export function nodeService(
  handlers: Handlers,
  core: Pick<Core, 'nodes'> & {
    readonly packageRoot: Pick<Core['packageRoot'], 'current'>;
    readonly credentials: Pick<Core['credentials'], 'withdraw'>;
  },
  hearing: NodeHearing,
  clock: Clock,
  views: Views,
): NodeServiceHandlers {
  const message = (record: NodeRecord): Node => {
    const heardMs = hearing.lastHeardMs(record.uid);
    const lastSeenMs = heardMs === undefined ? undefined : clock.wallMs() - (clock.monotonicMs() - heardMs);
    return nodeMessage(record, core.nodes.status(record.uid), hearing.live(record.uid), lastSeenMs, core.packageRoot.current());
  };
  const releasesOf = ({ uid, facts }: NodeRecord): number => (hearing.live(uid)?.facts ?? facts)?.installed.length ?? 0;
  const find = (name: string): NodeRecord => core.nodes.find(requireName(name, 'nodes'));
  return {
    ListNodes: handlers.unary(async (request, context) => {
      const selector = request.selector === null ? undefined : selectorFrom(request.selector, 'selector');
      const isFiltered = selector !== undefined && !isEmpty(selector);
      const size = pageSize(request.pageSize, 1000);
      const weight = { of: releasesOf, most: MAX_RELEASES };
      return await views.look(context, async () => {
        const nodes = isFiltered ? core.nodes.select(selector) : core.nodes.list();
        const page = paginate(nodes, (node) => node.uid, size, request.pageToken, weight);
        return { nodes: page.items.map(message), nextPageToken: page.nextPageToken };
      });
    }),
    GetNode: handlers.unary(async (request) => ({ node: message(find(request.name)) })),
    CordonNode: handlers.unary(async (request, { peer }) => {
      const reason = requireReason(request.reason);
      const { uid } = find(request.name);
      return { node: message(await core.nodes.cordon(uid, reason, { identity: peer.name }, requestId(request.requestId))) };
    }),
    UncordonNode: handlers.unary(async (request, { peer }) => {
      const reason = requireReason(request.reason);
      const { uid } = find(request.name);
      return { node: message(await core.nodes.uncordon(uid, reason, { identity: peer.name }, requestId(request.requestId))) };
    }),
    AcceptRoles: handlers.unary(async (request, { peer }) => {
      const reason = requireReason(request.reason);
      const roles = rolesFrom(request.roles);
      const { uid } = find(request.name);
      return { node: message(await core.nodes.acceptRoles(uid, roles, reason, { identity: peer.name }, requestId(request.requestId))) };
    }),
    LabelNode: handlers.unary(async (request, { peer }) => {
      const set = requireLabels(request.set, 'set');
      if (request.remove.length > 64) throw invalid('remove', 'holds more than 64 keys');
      for (const key of request.remove) requireLabelKey(key, 'remove');
      const { uid } = find(request.name);
      const labelled = await core.nodes.label(uid, set, request.remove, { identity: peer.name }, requestId(request.requestId));
      return { node: message(labelled) };
    }),
    RemoveNode: handlers.unary(async (request, { peer }) => {
      const reason = requireReason(request.reason);
      // By its name as it was given: a repetition has to find what was done, when the node is there no more.
      const name = requireName(request.name, 'nodes');
      const force = { isForced: request.force, isPoweredOff: request.nodeIsPoweredOff };
      await core.nodes.remove(name, reason, { identity: peer.name }, requestId(request.requestId), force);
      return {};
    }),
    WriteOffNode: handlers.unary(async (request, { peer }) => {
      const name = requireName(request.name, 'nodes');
      const reason = requireReason(request.reason);
      await core.nodes.writeOff(name, reason, request.nodeIsPoweredOff, { identity: peer.name }, requestId(request.requestId));
      return {};
    }),
  };
}
