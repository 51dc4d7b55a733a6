import type { RolloutView } from '../../coordinator/rollout-view.ts';
import { keys } from '../../coordinator/state/keys.ts';
import { demandOf } from './broken-promise.ts';
import type { CoordinatorMachine } from './coordinator.ts';
import { currentOperation } from './machine-journal.ts';
import type { Observed } from './observed.ts';
import { rolloutsIn, type StoredRollout } from './stored.ts';
import type { Store } from './store.ts';

/** A rollout in which nothing has changed for so long stands still. */
const STILL_MS = 60_000;
/** So long a leader may say nothing of it: it has just come, and an agent says every half a minute what was not taken. */
const MUTE_MS = 45_000;

interface Watched {
  readonly marks: readonly unknown[];
  readonly sinceMs: number;
}

/** Looks from time to time at what an operator is shown of the rollouts that are open: of what stands still it has to be said why. */
export class ReasonJudge {
  readonly #watched = new Map<string, Watched>();
  /** Since when a leader has given no reason though the rollout stood still. */
  readonly #mute = new Map<string, { readonly leader: CoordinatorMachine['process']; readonly sinceMs: number }>();

  /** @param answered judges what a leader shows, once it does */
  look(observed: Observed, leader: CoordinatorMachine | undefined, answered: (judge: () => void) => void): void {
    const { nowMs, store } = observed;
    if (leader === undefined) this.#mute.clear();
    for (const rollout of rolloutsIn(store)) {
      const { id } = rollout;
      if (rollout.state.endedAt !== undefined) continue;
      const marks = marksOf(rollout, observed);
      const known = this.#watched.get(id);
      const isSame = known !== undefined && known.marks.length === marks.length && known.marks.every((mark, at) => mark === marks[at]);
      const sinceMs = isSame ? known.sinceMs : nowMs;
      const isStill = nowMs - sinceMs > STILL_MS && !isAtWork(rollout, observed);
      this.#watched.set(id, { marks, sinceMs });
      const core = leader?.coordinator?.core;
      if (leader === undefined || core === undefined) continue;
      const { process } = leader;
      const judge = (view: RolloutView): void => answered(() => this.#judge(view, process, nowMs, isStill));
      // who does not lead any more, or can't ask etcd, shows nothing
      void process.run(() => core.rollouts.get(id).then(judge, () => undefined));
    }
  }

  #judge(
    { plan: { id }, state, steps, waitingFor }: RolloutView,
    leader: CoordinatorMachine['process'],
    nowMs: number,
    isStill: boolean,
  ): void {
    if (state.endedAt !== undefined) return;
    const demand = demandOf('no silent waiting');
    demand(state.state !== 'paused' || state.reason !== '', `${id} is paused, and nobody is told why`);
    for (const step of steps) demand(step.message !== '', `the step of ${step.hostname} in ${id} is ${step.state}, and nobody is told why`);
    if (!isStill || waitingFor !== '') return void this.#mute.delete(id);
    const known = this.#mute.get(id);
    const sinceMs = known?.leader === leader ? known.sinceMs : nowMs;
    this.#mute.set(id, { leader, sinceMs });
    demand(nowMs - sinceMs < MUTE_MS, `${id} (${state.state}) stands still, and nobody is told why`);
  }
}

/** An agent that acts under a slot, or waits for its machine to go down, has a deadline of its own, and is shown with its step. */
function isAtWork({ plan }: StoredRollout, { machines }: Observed): boolean {
  return plan.order.some((uid) => {
    const machine = machines.get(uid);
    return machine?.isOn === true && !machine.agent.isDead && currentOperation(machine) !== undefined;
  });
}

/** They change with all that is recorded of a rollout, and with all that an agent writes down for it. */
function marksOf({ id, plan }: StoredRollout, { store, machines }: Observed): readonly unknown[] {
  const recorded = store.range(`${keys.rollouts}${id}/`, { limit: 1_000 }).entries.map(({ modRevision }) => modRevision);
  return [...recorded, ...plan.order.flatMap((uid) => [revisionOf(store, uid), machines.get(uid)?.disk.records])];
}

function revisionOf(store: Store, uid: string): number | undefined {
  return store.get(keys.slot(uid))?.modRevision;
}
