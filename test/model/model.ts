import type { Harm, RuleName } from './rules.ts';
import type { Bounds, State } from './state.ts';

/** What is explored: which rules are left out, and how often things may happen. */
export interface Model {
  readonly leftOut: ReadonlySet<string>;
  readonly bounds: Bounds;
}

/** Whether a rule is kept. */
export function keeps(model: Model, rule: RuleName): boolean {
  return !model.leftOut.has(rule);
}

/** One thing that can happen: what it is in words, the state after it, and the harm that was done by it, if it was. */
export interface Step {
  readonly says: string;
  readonly after: State;
  readonly harm: Harm | undefined;
}

export type Emit = (says: string, after: State, harm?: Harm) => void;
