import { counterexampleText, isRuleName } from './counterexample.ts';
import { rules } from './rules.ts';

/** `make model`: for every rule of the slot protocol, what happens without it. Arguments choose rules. */
const wanted = process.argv.slice(2);
const names = Object.keys(rules);
const unknown = wanted.filter((name) => !isRuleName(name));
if (unknown.length > 0) {
  process.stderr.write(`model: there is no rule ${unknown.join(', ')}; the rules are:\n  ${names.join('\n  ')}\n`);
  process.exit(2);
}
for (const name of names.filter(isRuleName)) {
  if (wanted.length === 0 || wanted.includes(name)) console.log(`${counterexampleText(name)}\n`);
}
