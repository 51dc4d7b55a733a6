import t from 'tap';
import { explore, storyText } from './explore.ts';
import { rules, type Rule } from './rules.ts';
import { scenarios } from './scenarios.ts';
import type { Bounds } from './state.ts';

const allRules: readonly (readonly [string, Rule])[] = Object.entries(rules);
const allScenarios: readonly (readonly [string, Bounds])[] = Object.entries(scenarios);
const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

for (const [name, bounds] of allScenarios) {
  t.test(`with all rules kept nothing goes wrong: ${name}`, (t) => {
    const startedMs = performance.now();
    const { states, depth, turns, story } = explore({ leftOut: new Set(), bounds });
    t.equal(story === undefined ? '' : storyText(story), '');
    t.equal(turns, Math.min(bounds.grants, 2), 'nodes get their turn');
    t.comment(`${name}: ${states} states, ${depth} events deep, ${seconds(startedMs)}`);
    t.end();
  });
}

for (const [name, rule] of allRules) {
  t.test(`left out, it is caught: ${name}`, (t) => {
    const startedMs = performance.now();
    const { states, story } = explore({ leftOut: new Set([name]), bounds: scenarios[rule.scenario] }, rule.harm);
    t.equal(story?.harm, rule.harm);
    t.comment(`without “${name}”: ${story?.events.length ?? 0} events to harm, ${states} states, ${seconds(startedMs)}`);
    t.end();
  });
}
