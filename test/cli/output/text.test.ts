import * as fc from 'fast-check';
import t from 'tap';
import { paintFor, painted, unpainted } from '../../../cli/output/colour.ts';
import { jsonLine } from '../../../cli/output/json.ts';
import { compareNaturally } from '../../../common/natural-order.ts';
import { progressBar } from '../../../cli/output/progress-bar.ts';
import { formatBytes, formatDuration, formatElapsed, formatSpan, formatTime } from '../../../cli/output/quantity.ts';
import { safeBlock, safeLine } from '../../../common/safe-text.ts';
import { tableLines } from '../../../cli/output/table.ts';
import { cutText, padText, textWidth, wrapText } from '../../../cli/output/text-width.ts';

// eslint-disable-next-line no-control-regex
const dangerous = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

await t.test('no text can bring a control character through', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const line = safeLine(text);
      const json = jsonLine({ text });
      const isSafe = !dangerous.test(line + safeBlock(text).replaceAll('\t', '') + json) && !line.includes('\n');
      return isSafe && JSON.stringify(JSON.parse(json)) === JSON.stringify({ text });
    }),
    { numRuns: 500 },
  );
  t.equal(safeLine('a\tb\r\nc\u001b[2Jd\u009b2Je\u007f'), 'a b c?[2Jd?2Je?');
  t.equal(safeBlock('10 %\r20 %\r\nü ok\n'), '10 %\n20 %\nü ok\n');
});

await t.test('JSON has the shape of the protobuf JSON mapping', async (t) => {
  const message = { createTime: { seconds: '86400', nanos: 5e8 }, endTime: null, sizeBytes: '9007199254740993', steps: [] };
  t.equal(jsonLine(message), '{"createTime":"1970-01-02T00:00:00.500Z","sizeBytes":"9007199254740993","steps":[]}\n');
});

await t.test('names are in the order in which people count', async (t) => {
  const names = ['demo10', 'demo2', 'Demo1', 'demo1', 'demo02', 'mon-a', 'demo'];
  t.same(names.toSorted(compareNaturally), ['demo', 'demo1', 'Demo1', 'demo02', 'demo2', 'demo10', 'mon-a']);
});

await t.test('text is cut and filled by the columns that it takes', async (t) => {
  t.equal(textWidth('日本e\u0301'), 5);
  t.equal(cutText('日本語テスト', 7), '日本語…');
  t.equal(cutText('short', 5), 'short');
  t.equal(cutText('longer', 5), 'long…');
  t.equal(cutText('x', 0), '');
  t.equal(padText('日', 4), '日  ');
  t.equal(padText('7', 3, 'right'), '  7');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, columns) => textWidth(cutText(safeLine(text), columns)) <= columns),
  );
});

await t.test('text is broken between words, and cut only after its last line', async (t) => {
  t.same(wrapText('one two three', 7, 9), ['one two', 'three']);
  t.same(wrapText('one two three', 8, 9), ['one two', 'three']);
  t.same(wrapText('short', 9, 3), ['short']);
  t.same(wrapText('one two three four', 7, 2), ['one two', 'three …']);
  t.same(wrapText('abcdefgh ij', 5, 9), ['abcde', 'fgh', 'ij'], 'a word that no line holds is broken');
  t.same(wrapText('日本語', 1, 3), ['…']);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), fc.integer({ min: 1, max: 4 }), (text, columns, most) => {
      const lines = wrapText(safeLine(text), columns, most);
      return lines.length <= most && lines.every((line) => textWidth(line) <= columns);
    }),
  );
});

await t.test('a table is cut only where a terminal is too narrow, and only in its last column', async (t) => {
  const columns = [
    { title: 'Name', cell: (row: readonly string[]) => row[0] ?? '' },
    { title: 'Count', cell: (row: readonly string[]) => row[1] ?? '', align: 'right' as const },
    { title: 'Why', cell: (row: readonly string[]) => row[2] ?? '' },
  ];
  const rows = [
    ['demo1', '7', 'a long explanation of what is so'],
    ['a-node', '1000', ''],
  ];
  t.same(tableLines(columns, rows, { columns: undefined, paint: unpainted }), [
    'Name    Count  Why',
    'demo1       7  a long explanation of what is so',
    'a-node   1000',
  ]);
  t.equal(tableLines(columns, rows, { columns: 45, paint: unpainted })[1], 'demo1       7  a long explanation of what is…');
});

await t.test('quantities are written for people', async (t) => {
  t.same([0, 42, 4_200, 9_960, 59_400, 125_000, 11_400_000, 190_000_000].map(formatDuration), [
    '0.0 s',
    '0.0 s',
    '4.2 s',
    '10 s',
    '59 s',
    '2 min 05 s',
    '3 h 10 min',
    '2 d 4 h',
  ]);
  t.same([0, 999, 1_000, 94_200_000, 2e9, 999_999].map(formatBytes), ['0 B', '999 B', '1.0 kB', '94.2 MB', '2.0 GB', '1.0 MB']);
  t.same([0, 12_345, 3_723_400].map(formatElapsed), ['0:00:00.0', '0:00:12.3', '1:02:03.4']);
  t.equal(formatTime({ seconds: '4070908800', nanos: 9e8 }), '2099-01-01T00:00:00Z');
  t.equal(formatTime(null), '-');
  t.equal(formatSpan({ seconds: '10', nanos: 0 }, { seconds: '14', nanos: 2e8 }), '4.2 s');
  t.same(
    [-1, 0, 50, 100, 250].map((percent) => progressBar(percent, 6)),
    ['[....]', '[....]', '[##..]', '[####]', '[####]'],
  );
});

await t.test('colours are off without a terminal, with NO_COLOR and on dumb terminals', async (t) => {
  t.equal(paintFor(true, { TERM: 'xterm' }), painted);
  t.equal(paintFor(true, { NO_COLOR: '' }), painted);
  t.equal(paintFor(true, { NO_COLOR: '1' }), unpainted);
  t.equal(paintFor(true, { TERM: 'dumb' }), unpainted);
  t.equal(paintFor(false, {}), unpainted);
});
