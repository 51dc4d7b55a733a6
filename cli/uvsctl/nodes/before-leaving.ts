import { UvsError } from '../../../common/errors.ts';
import { FEWEST_MONITORS } from '../../../common/monitors.ts';
import type { Node__Output } from '../../../proto/gen/uvs/v1/Node.ts';
import { formatCount, formatTime } from '../../output/quantity.ts';
import { resourceName } from '../arguments.ts';
import type { Context } from '../context.ts';
import { allPages, pageSize } from '../pages.ts';
import { nodeState } from './table.ts';

/** What somebody should know before a node goes for good. */
export interface Leaving {
  /** "demo151 (mon mgr, ready, last heard 2026-03-17T08:00:00Z)"; the name alone of one that is not enrolled any more. */
  readonly who: string;
  /** A sentence with a space before it; empty where there is nothing to be warned of. */
  readonly warning: string;
}

/** Looks at a node that is about to be removed or written off; it may have been removed already. */
export async function beforeLeaving(context: Context, name: string): Promise<Leaving> {
  const node = await enrolledNode(context, name);
  if (node === undefined) return { who: name, warning: '' };
  const state = node.stateMessage === '' ? nodeState(node) : `${nodeState(node)}: ${node.stateMessage}`;
  const heard = node.lastSeenTime === null ? 'not heard since this coordinator runs' : `last heard ${formatTime(node.lastSeenTime)}`;
  const who = `${node.hostname} (${node.roles.join(' ') || 'no role'}, ${state}, ${heard})`;
  return { who, warning: node.roles.includes('mon') ? await monitorWarning(context) : '' };
}

async function enrolledNode({ api, limits }: Context, name: string): Promise<Node__Output | undefined> {
  try {
    return (await api.call('uvs.v1.NodeService', 'GetNode', { name: resourceName('nodes', name) }, limits)).node ?? undefined;
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'NOT_FOUND') return undefined;
    throw error;
  }
}

async function monitorWarning({ api, limits }: Context): Promise<string> {
  const selector = { all: false, nodes: [], roles: ['mon'], labels: {} };
  const monitors = await allPages(async (pageToken) => {
    const page = await api.call('uvs.v1.NodeService', 'ListNodes', { pageSize, pageToken, selector }, limits);
    return { items: page.nodes, nextPageToken: page.nextPageToken };
  });
  const left = monitors.length - 1;
  if (left >= FEWEST_MONITORS) return '';
  const then = left === 0 ? 'no monitor' : `${formatCount(left, 'monitor')}, and rollouts can't update ${left === 1 ? 'it' : 'them'} then`;
  return ` That leaves ${then}.`;
}
