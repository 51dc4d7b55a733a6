import { UvsError } from '../common/errors.ts';
import type { NodeFacts } from '../common/facts.ts';
import { m2States } from '../common/m2-states.ts';
import type { Core } from './core.ts';
import { asToldLast } from './core/told-last.ts';
import type { SlotState } from './domain.ts';
import { slotStates } from './slot-machine.ts';
import type { Census } from './metrics.ts';
import { shownDrainStates } from './stuck-drains.ts';

const nodeStates = ['ready', 'silent', 'unhealthy', 'cordoned', 'updating', 'updating-unheard', 'needs-operator', 'quarantined', 'removed'];
const limitStates = ['in-force', 'from-next-start', 'unmet', 'refused', 'unknown'];
const setUpM2States = m2States.filter((state) => state !== 'none');
const settingStates = ['in-force', 'waiting', 'unmet', 'refused', 'unknown'];
const coordinatorStates = ['up', 'down'];
const rolloutStates = ['running', 'paused', 'succeeded', 'failed', 'aborted'];

/** What the sessions of agents tell. */
export interface Heard {
  /** Undefined where the node has no session. */
  live(uid: string): { readonly facts: NodeFacts } | undefined;
  readonly declared: {
    /** How it stands with the limits of each unit. */
    limitStates(): Iterable<string>;
    /** How it stands with each setting of nodes. */
    settingStates(): Iterable<string>;
  };
}

/** What a census asks. */
export interface CountedCore {
  readonly nodes: Pick<Core['nodes'], 'list' | 'status'>;
  readonly slots: Pick<Core['slots'], 'list' | 'removed' | 'drains'>;
  readonly rollouts: Pick<Core['rollouts'], 'states'>;
  readonly cluster: Pick<Core['cluster'], 'describe'>;
}

/**
 * Counts nodes, slots, rollouts, units with limits and settings by state; undefined where this coordinator does not lead or can't tell.
 * @param wallMs now, by the leader's clock
 */
export async function takeCensus(core: CountedCore, heard: Heard, wallMs: number): Promise<Census | undefined> {
  const stateOf = (uid: string): string => {
    const { state } = core.nodes.status(uid);
    // one that was lost in the middle of an update is nobody's concern before its step's deadline, unless monitoring sees it
    return state === 'updating' && heard.live(uid) === undefined ? 'updating-unheard' : state;
  };
  try {
    const slots = await core.slots.list();
    return {
      nodes: count(nodeStates, [...core.nodes.list().map(({ uid }) => stateOf(uid)), ...core.slots.removed().map(() => 'removed')]),
      slots: count(
        slotStates,
        slots.map((slot) => slot.state),
      ),
      slot_held_seconds_max: new Map(slotStates.map((state) => [state, longestHeldSeconds(state, slots, wallMs)])),
      limited_units: count(limitStates, [...heard.declared.limitStates()]),
      m2_disks: count(
        setUpM2States,
        asToldLast(heard, core.nodes.list()).flatMap(({ facts }) => (facts?.m2 === undefined ? [] : [facts.m2.state])),
      ),
      node_settings: count(settingStates, [...heard.declared.settingStates()]),
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

/** By the clocks of leaders, which may differ: good for an alert, and for nothing else. */
function longestHeldSeconds(state: SlotState, slots: Awaited<ReturnType<CountedCore['slots']['list']>>, wallMs: number): number {
  const since = slots.filter((slot) => slot.state === state).map(({ beganAt, grantedAt }) => beganAt ?? grantedAt);
  return since.reduce((longest, ms) => Math.max(longest, (wallMs - ms) / 1000), 0);
}

async function clusterStates(core: Pick<CountedCore, 'cluster'>): Promise<Pick<Census, 'cluster' | 'coordinators'>> {
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
