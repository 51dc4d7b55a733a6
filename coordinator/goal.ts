import type { RolloutSpec } from './domain.ts';

/** Digest of the package that a rollout brings; undefined where it brings none. */
export function digestOf({ goal }: Pick<RolloutSpec, 'goal'>): string | undefined {
  return goal.kind === 'release' ? goal.package : undefined;
}
