import type { Outcome } from '../common/outcome.ts';
import type { RolloutGoal, RolloutSpec } from './domain.ts';

/** Digest of the package that a rollout brings; undefined where it brings none. */
export function digestOf({ goal }: Pick<RolloutSpec, 'goal'>): string | undefined {
  return goal.kind === 'release' ? goal.package : undefined;
}

/** The units that a rollout restarts, where nothing else is disturbed; undefined: it may disturb anything of a node, for longer than a restart takes. */
export function restartedBy(spec: Pick<RolloutSpec, 'goal'> | undefined): readonly string[] | undefined {
  const goal = spec?.goal;
  return goal?.kind === 'restart' ? goal.units : undefined;
}

/** Whether an operation of the goal can end so: only a release is installed, only what changes files goes back from that, all else is done. */
export function canEndAs({ kind }: RolloutGoal, outcome: Outcome): boolean {
  switch (outcome) {
    case 'installed':
      return kind === 'release';
    case 'rolled-back':
      return kind === 'release' || kind === 'rollback';
    case 'done':
      return kind !== 'release';
    case 'never-acted':
    case 'failed':
    case 'needs-operator':
      return true;
  }
}
