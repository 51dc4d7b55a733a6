import { readFileSync } from 'node:fs';
import t from 'tap';
import { isThere, rowsIn, Sayings, testsIn } from './quotations.ts';

const matrix = readFileSync(new URL('../../docs/fault-matrix.md', import.meta.url), 'utf8');
const rows = rowsIn(matrix);

void t.test('each fault names the tests that show what is kept, and they are there', async (t) => {
  t.ok(rows.length > 40, `${rows.length} faults`);
  for (const [fault = '', , , shown = ''] of rows) {
    const tests = testsIn(shown);
    t.ok(tests.length > 0, fault);
    for (const test of tests) t.ok(isThere(test), `${fault}: ${test.file} “${test.name}”`);
  }
});

void t.test('what an operator sees is in the words of the programs', async (t) => {
  const sayings = new Sayings();
  const quotations = rows.flatMap(([fault = '', seen = '']) =>
    [...seen.matchAll(/`([^`]+)`/gu)].map(([, quoted = '']) => ({ fault, quoted })),
  );
  t.ok(quotations.length > 40, `${quotations.length} quotations`);
  for (const { fault, quoted } of quotations) t.strictSame(sayings.unsaid(quoted), [], `${fault}: ${quoted}`);
});

void t.test('a test that is not there, and words that nobody says, are found', async (t) => {
  const [cited, other] = testsIn('`agent/crash` “the runs of tasks survive a crash in their own log”, “the runs of tasks survive nothing”');
  t.ok(cited !== undefined && isThere(cited));
  t.notOk(other === undefined || isThere(other));
  t.strictSame(new Sayings().unsaid('NODE failed: it was struck by lightning'), ['it was struck by lightning']);
});
