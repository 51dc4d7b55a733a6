import { UvsError } from '../../../common/errors.ts';
import { FEWEST_MONITORS } from '../../../common/monitors.ts';
import { formatCount, formatTime } from '../../output/quantity.ts';
import type { Slot__Output } from '../../../proto/gen/uvs/v1/Slot.ts';
import { resourceName } from '../arguments.ts';
import type { Context } from '../context.ts';
import { allPages, pageSize } from '../pages.ts';
import { nodeState } from './table.ts';

/** What somebody should know before a node goes for good. */
export interface Leaving {
  /** "demo151 (mon mgr, ready, last heard 2026-03-17T08:00:00Z)"; of one that is not enrolled any more, why it still counts. */
  readonly who: string;
  /** A sentence with a space before it; empty where there is nothing to be warned of. */
  readonly warning: string;
}

/**
 * Looks at a node that is about to be removed or written off; it may have been removed already.
 * @throws UvsError INVALID_ARGUMENT where the name is of a removed node as well, whose slot still counts: nobody is asked about the wrong one
 */
export async function beforeLeaving(context: Context, name: string): Promise<Leaving> {
  const slot = await slotLeft(context, name);
  const node = await unlessNotFound(
    async () => (await context.api.call('uvs.v1.NodeService', 'GetNode', nodeOf(name), context.callLimits)).node,
  );
  if (node === undefined) return { who: slot === undefined ? name : `${slot.hostname} (${slot.message})`, warning: '' };
  const state = node.stateMessage === '' ? nodeState(node) : `${nodeState(node)}: ${node.stateMessage}`;
  const heard = node.lastSeenTime === null ? 'not heard since this coordinator runs' : `last heard ${formatTime(node.lastSeenTime)}`;
  const who = `${node.hostname} (${node.roles.join(' ') || 'no role'}, ${state}, ${heard})`;
  return { who, warning: node.roles.includes('mon') ? await monitorWarning(context) : '' };
}

/** The slot that a node holds, also one that it leaves when it is removed by force. */
export async function slotLeft(context: Context, name: string): Promise<Slot__Output | undefined> {
  return await unlessNotFound(async () => (await context.api.call('uvs.v1.SlotService', 'GetSlot', slotOf(name), context.callLimits)).slot);
}

const nodeOf = (name: string) => ({ name: resourceName('nodes', name) });
const slotOf = (name: string) => ({ name: resourceName('slots', name) });

async function unlessNotFound<T>(find: () => Promise<T | null>): Promise<T | undefined> {
  try {
    return (await find()) ?? undefined;
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'NOT_FOUND') return undefined;
    throw error;
  }
}

async function monitorWarning({ api, callLimits }: Context): Promise<string> {
  const selector = { all: false, nodes: [], roles: ['mon'], labels: {} };
  const monitors = await allPages(async (pageToken) => {
    const page = await api.call('uvs.v1.NodeService', 'ListNodes', { pageSize, pageToken, selector }, callLimits);
    return { items: page.nodes, nextPageToken: page.nextPageToken };
  });
  const left = monitors.length - 1;
  if (left >= FEWEST_MONITORS) return '';
  const then = left === 0 ? 'no monitor' : `${formatCount(left, 'monitor')}, and rollouts can't update ${left === 1 ? 'it' : 'them'} then`;
  return ` That leaves ${then}.`;
}
