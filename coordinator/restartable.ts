import { isCephUnit } from '../common/unit-pattern.ts';
import type { RolloutGoal } from './domain.ts';
import type { PlanBlocker } from './plan-blockers.ts';

const NAMES_SHOWN = 3;

/** Units of a goal that a node restarts, or stops for a while, only where its agent's configuration names them. */
export function unitsToBeNamed(goal: RolloutGoal): readonly string[] {
  return goal.kind === 'restart' || goal.kind === 'migration' ? goal.units.filter((unit) => !isCephUnit(unit)) : [];
}

/** Which of the goal's units a node has told that it will neither restart nor stop. @param named `services` in its agent.toml; undefined: it has not told */
export function unitsRefused(goal: RolloutGoal, named: readonly string[] | undefined): readonly string[] {
  return named === undefined ? [] : unitsToBeNamed(goal).filter((unit) => !named.includes(unit));
}

/** What is known of a node. */
export interface NamingNode {
  readonly hostname: string;
  /** `services` in its agent.toml; undefined: it has not told. */
  readonly named: readonly string[] | undefined;
}

/** Says of which nodes of a plan it is not known whether they do so with its units: such a node may say no when it stages. */
export function unsaidBlockers(goal: RolloutGoal, nodes: readonly NamingNode[]): readonly PlanBlocker[] {
  const units = unitsToBeNamed(goal);
  const unsaid = nodes.filter(({ named }) => named === undefined);
  if (units.length === 0 || unsaid.length === 0) return [];
  const names = unsaid.slice(0, NAMES_SHOWN).map(({ hostname }) => hostname);
  const more = unsaid.length > names.length ? ` and ${unsaid.length - names.length} more` : '';
  const done = goal.kind === 'migration' ? 'stopped' : 'restarted';
  const message = `whether ${units.join(', ')} may be ${done} is not known of ${names.join(', ')}${more}: not heard, or an agent that does not tell; such a node may fail with that`;
  return [{ kind: 'units', message }];
}
