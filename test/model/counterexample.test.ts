import t from 'tap';
import { counterexampleText } from './counterexample.ts';
import { harms } from './rules.ts';

void t.test('what happens without a rule is told as a story, event by event, that ends with the harm', (t) => {
  const [title, where, ...story] = counterexampleText('nothing after ended').split('\n');
  t.equal(title, 'nothing after ended: a node never acts again on a token that it has reported as ended.');
  t.equal(where, 'Without it (turn by turn):');
  const harm = story.pop();
  t.equal(harm?.trim(), harms['two nodes at once']);
  const events = story.map((line) => /^ *(\d+)\. (\S.*)$/.exec(line));
  t.strictSame(
    events.map((event) => Number(event?.[1])),
    story.map((_, at) => at + 1),
    'each has its number',
  );
  const said = events.map((event) => event?.[2] ?? '');
  t.match(said[0], /^C[12] decides to grant a slot to [AB]$/);
  for (const node of ['A', 'B']) {
    const ended = said.indexOf(`${node} gives up before it has acted, and reports that as its end`);
    const acted = said.findIndex((event) => event.startsWith(`${node} acts again on token `));
    t.ok(ended >= 0 && acted > ended, `${node} acts on what it has ended before`);
  }
  t.match(said.at(-1), /acts again on token \d+, which it has reported as ended$/, 'nothing follows the harm');
  t.end();
});
