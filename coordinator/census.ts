import { UvsError } from '../common/errors.ts';
import type { Core } from './core.ts';
import { slotStates } from './slot-machine.ts';
import type { Census } from './metrics.ts';
import { shownDrainStates } from './stuck-drains.ts';

const nodeStates = ['ready', 'silent', 'unhealthy', 'cordoned', 'updating', 'needs-operator', 'quarantined', 'removed'];
const coordinatorStates = ['up', 'down'];
const rolloutStates = ['running', 'paused', 'succeeded', 'failed', 'aborted'];

/** Counts nodes, slots and rollouts by state; undefined where this coordinator does not lead or can't tell. */
export async function takeCensus(core: Pick<Core, 'nodes' | 'slots' | 'rollouts' | 'cluster'>): Promise<Census | undefined> {
  try {
    return {
      nodes: count(nodeStates, [
        ...core.nodes.list().map((node) => core.nodes.status(node.uid).state),
        ...core.slots.removed().map(() => 'removed'),
      ]),
      slots: count(
        slotStates,
        (await core.slots.list()).map((slot) => slot.state),
      ),
      drains: count(
        shownDrainStates,
        core.slots.drains().map(({ shownAs }) => shownAs),
      ),
      ...(await clusterStates(core)),
      // not `list`, which reads every step of all rollouts: monitoring asks every few seconds
      rollouts: count(rolloutStates, await core.rollouts.states()),
    };
  } catch (error) {
    // What is not known is left out rather than told as zero.
    if (error instanceof UvsError) return undefined;
    throw error;
  }
}

async function clusterStates(core: Pick<Core, 'cluster'>): Promise<Pick<Census, 'cluster' | 'coordinators'>> {
  const { ledger, members } = await core.cluster.describe();
  return {
    cluster: new Map([
      ['frozen', ledger.freezeReason === undefined ? 0 : 1],
      ['held', ledger.hold === undefined ? 0 : 1],
      ['adopting', ledger.isAdopting ? 1 : 0],
    ]),
    coordinators: count(
      coordinatorStates,
      members.map(({ isDown }) => (isDown ? 'down' : 'up')),
    ),
  };
}

/** Every state is told, also with nobody in it, so that a graph shows a fall to zero. */
function count(states: readonly string[], found: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>(states.map((state) => [state, 0]));
  for (const state of found) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}
