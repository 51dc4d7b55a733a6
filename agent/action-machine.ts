import type { NodeAction } from '../common/node-action.ts';
import { beforeSlot, type Fact, type Phase } from './operation-machine.ts';

/** The actions that change no files: taking a release back goes the way of a release (agent/operation-machine.ts). */
type ActionKind = Exclude<NodeAction['kind'], 'rollback'>;

/**
 * Returns the phase of a restart, a reboot or a migration that follows, or undefined where the fact is not possible in the phase.
 *
 * There is no way back from the first two, and a migration goes back by itself. What is interrupted goes on: whether a unit was restarted is seen by its start, whether the machine was
 * rebooted by its boot, so neither is done twice; how far a migration is, its own record says. `cancelled` in `restarting` is a slot that was taken away between two units, in
 * `rebooting` a word to reboot that was never given, in `migrating` one after which the node is in order: all as before, or its slot was taken away.
 */
export function nextOfAction(kind: ActionKind, phase: Phase, fact: Fact): Phase | undefined {
  switch (phase) {
    case 'fetching':
      return beforeSlot(fact, 'fetching', 'staged');
    case 'staged':
      return beforeSlot(fact, 'staged', 'begun');
    case 'begun':
      return begun(kind, fact);
    case 'restarting':
      if (kind !== 'restart') return undefined;
      return fact === 'cancelled' ? 'failed' : acting(fact, 'restarting', 'confirming');
    case 'confirming':
      return kind === 'restart' ? acting(fact, 'confirming', 'done') : undefined;
    case 'rebooting':
      if (kind !== 'reboot') return undefined;
      return fact === 'cancelled' ? 'failed' : acting(fact, 'rebooting', 'done');
    case 'migrating':
      if (kind !== 'migration') return undefined;
      return fact === 'cancelled' ? 'failed' : acting(fact, 'migrating', 'done');
    case 'pre':
    case 'stopping':
    case 'committing':
    case 'starting':
    case 'handing-over':
    case 'post':
    case 'back':
    case 'done':
    case 'rolled-back':
    case 'failed':
    case 'needs-operator':
      return undefined;
    default:
      return phase satisfies never;
  }
}

const firstAct = { restart: 'restarting', reboot: 'rebooting', migration: 'migrating' } as const satisfies Record<ActionKind, Phase>;

/** The slot is taken and nothing is disturbed yet. */
function begun(kind: ActionKind, fact: Fact): Phase | undefined {
  switch (fact) {
    case 'succeeded':
      return firstAct[kind];
    case 'failed':
    case 'interrupted':
      return 'failed';
    case 'cancelled':
    case 'interrupted-for-good':
    case 'replaced':
      return undefined;
    default:
      return fact satisfies never;
  }
}

function acting(fact: Fact, here: Phase, onwards: Phase): Phase | undefined {
  switch (fact) {
    case 'succeeded':
      return onwards;
    case 'failed':
      return 'needs-operator';
    case 'interrupted':
      return here;
    case 'cancelled':
    case 'interrupted-for-good':
    case 'replaced':
      return undefined;
    default:
      return fact satisfies never;
  }
}
