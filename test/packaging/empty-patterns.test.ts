import t from 'tap';
import { emptyPatternsIn, parsed, parsedTests } from './empty-patterns.ts';

const ADVICE =
  'each is met by everything of its kind: write { length: 0 } for a list that is to be empty, compare what else is to be empty ' +
  'by itself (t.same(value.field, {})), and write Object, Array, Map or Set where only the kind is meant';

void t.test('no pattern in a test holds what is empty, which everything of its kind meets', async (t) => {
  const sources = parsedTests();
  t.ok(sources.size > 500, `${sources.size} files`);
  t.strictSame(
    [...sources].flatMap(([file, source]) => emptyPatternsIn(file, source)),
    [],
    ADVICE,
  );
});

void t.test('what is empty is found at any depth of a pattern that is written out, and nothing else is', async (t) => {
  const text = `
    t.match(rows, []);
    t.match(rows, [{ mended: [] }, { values: new Map() }]);
    await t.rejects(act(), { details: isOld ? [] : ['a'] });
    t.throws(() => act(), { seen: new Set<string>(), ...{ held: {} } });
    t.match(rows, [{ name: 'a', values: new Map([['b', { c: [] }]]) } as const]);
    t.same(rows, []);
    t.match(rows, { units: { length: 0 }, clock: Object, ends: new Map([['a', 1]]), at: judge([]), ...rest });
    t.match(judge([]), { state: 'in-force' }, {});
    text.match([]);
  `;
  const file = 'test/sample.ts';
  const source = parsed([file], { [file]: text }).get(file);
  t.strictSame(source === undefined ? undefined : emptyPatternsIn(file, source), [
    `${file}:2: [] in the pattern of t.match`,
    `${file}:3: [] in the pattern of t.match`,
    `${file}:3: new Map() in the pattern of t.match`,
    `${file}:4: [] in the pattern of t.rejects`,
    `${file}:5: new Set<string>() in the pattern of t.throws`,
    `${file}:5: {} in the pattern of t.throws`,
    `${file}:6: [] in the pattern of t.match`,
  ]);
});

void t.test('what is to be written for an empty list is met by an empty list alone', async (t) => {
  t.match({ rows: [] }, { rows: { length: 0 } });
  for (const rows of [['a'], [undefined], {}, '', undefined]) t.notMatch({ rows }, { rows: { length: 0 } });
});
