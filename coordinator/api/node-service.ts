import type { Handlers } from '../../common/rpc/handlers.ts';
import type { Node } from '../../proto/gen/uvs/v1/Node.ts';
import type { NodeServiceHandlers } from '../../proto/gen/uvs/v1/NodeService.ts';
import type { Core } from '../core.ts';
import type { NodeRecord } from '../domain.ts';
import type { Clock, LiveNode } from '../ports.ts';
import { nodeMessage } from './convert/node.ts';
import { isEmpty, selectorFrom } from './convert/selector.ts';
import { paginate } from './page.ts';
import { invalid, pageSize, requestId, requireLabelKey, requireLabels, requireName, requireText } from './validate.ts';

/** What is heard of nodes besides their records. */
export interface NodeHearing {
  live(uid: string): LiveNode | undefined;
  /** By the monotonic clock. */
  lastHeardMs(uid: string): number | undefined;
}

/** The nodes: shown, labelled, taken out of plans, removed. */
export function nodeService(handlers: Handlers, core: Core, hearing: NodeHearing, clock: Clock): NodeServiceHandlers {
  const message = (record: NodeRecord): Node => {
    const heardMs = hearing.lastHeardMs(record.uid);
    const lastSeenMs = heardMs === undefined ? undefined : clock.wallMs() - (clock.monotonicMs() - heardMs);
    return nodeMessage(record, core.nodes.status(record.uid), hearing.live(record.uid), lastSeenMs);
  };
  const find = (name: string): NodeRecord => core.nodes.find(requireName(name, 'nodes'));
  return {
    ListNodes: handlers.unary(async (request) => {
      const selector = request.selector === null ? undefined : selectorFrom(request.selector, 'selector');
      const isFiltered = selector !== undefined && !isEmpty(selector);
      const nodes = isFiltered ? core.nodes.select(selector) : core.nodes.list();
      const page = paginate(nodes, (node) => node.uid, pageSize(request.pageSize, 1000), request.pageToken);
      return { nodes: page.items.map(message), nextPageToken: page.nextPageToken };
    }),
    GetNode: handlers.unary(async (request) => ({ node: message(find(request.name)) })),
    CordonNode: handlers.unary(async (request, { peer }) => {
      const reason = requireText(request.reason, 'reason');
      const { uid } = find(request.name);
      return { node: message(await core.nodes.cordon(uid, reason, { identity: peer.name }, requestId(request.requestId))) };
    }),
    UncordonNode: handlers.unary(async (request, { peer }) => {
      const { uid } = find(request.name);
      return { node: message(await core.nodes.uncordon(uid, { identity: peer.name }, requestId(request.requestId))) };
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
      const reason = requireText(request.reason, 'reason');
      const record = find(request.name);
      const actor = { identity: peer.name };
      const force = { isForced: request.force, isPoweredOff: request.nodeIsPoweredOff };
      await core.nodes.remove(record.uid, reason, actor, requestId(request.requestId), force);
      // Removed first: should this fail, a node without a record is refused all the same.
      await core.credentials.withdraw(record.credential, `node removed: ${reason}`, actor);
      return {};
    }),
    WriteOffNode: handlers.unary(async (request, { peer }) => {
      const name = requireName(request.name, 'nodes');
      const reason = requireText(request.reason, 'reason');
      const actor = { identity: peer.name };
      const record = await core.nodes.writeOff(name, reason, request.nodeIsPoweredOff, actor, requestId(request.requestId));
      if (record !== undefined) await core.credentials.withdraw(record.credential, `node written off: ${reason}`, actor);
      return {};
    }),
  };
}
