import { explore, storyText } from './explore.ts';
import { rules, type Rule } from './rules.ts';
import { scenarios } from './scenarios.ts';

/** `make model`: for every rule of the slot protocol, what happens without it. Arguments choose rules. */
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(rules, name));
if (unknown.length > 0) {
  process.stderr.write(`model: there is no rule ${unknown.join(', ')}; the rules are:\n  ${Object.keys(rules).join('\n  ')}\n`);
  process.exit(2);
}
const all: readonly (readonly [string, Rule])[] = Object.entries(rules);
for (const [name, { says, scenario, harm }] of all) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { story } = explore({ leftOut: new Set([name]), bounds: scenarios[scenario] }, harm);
  console.log(`${name}: ${says}.\nWithout it (${scenario}):\n${story === undefined ? '    nothing happens' : storyText(story)}\n`);
}
