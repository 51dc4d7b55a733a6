import { explore, storyText } from './explore.ts';
import { rules, type Rule, type RuleName } from './rules.ts';
import { scenarios } from './scenarios.ts';

/** Tells what a rule of the slot protocol says, and how harm comes about without it, in the fewest events. */
export function counterexampleText(name: RuleName): string {
  const { says, scenario, harm }: Rule = rules[name];
  const { story } = explore({ leftOut: new Set([name]), bounds: scenarios[scenario] }, harm);
  return `${name}: ${says}.\nWithout it (${scenario}):\n${story === undefined ? '    nothing happens' : storyText(story)}`;
}

export function isRuleName(name: string): name is RuleName {
  return Object.hasOwn(rules, name);
}
