import t from 'tap';
import { TapReport } from './tap-report.ts';

void t.test('a file that failed is told whole, and at the end by its failures alone', async (t) => {
  const report = new TapReport();
  const lines = [
    '# Subtest: a.test.ts',
    '    # Subtest: one',
    '        ok 1 - fine',
    '        not ok 2 - ones',
    '          ---',
    '          compare: ===',
    '          at:',
    '            fileName: a.test.ts',
    '          source: |',
    '            t.equal(1, 2)',
    '',
    '            ----^',
    '          diff: |',
    '            -2',
    '            +1',
    '          ...',
    '    not ok 1 - one # time=1.5ms',
    '# time=9.5ms',
  ];
  for (const line of lines) t.same(report.add(line), []);
  const closing = 'not ok 1 - a.test.ts # time=9.5ms';
  t.same(report.add(closing), ['FAILED a.test.ts', ...lines, closing]);
  const failures = [3, 5, 12, 13, 14, 16].map((at) => lines[at]);
  t.same(report.failed, [{ file: 'a.test.ts', failures: [...failures, closing] }]);
});

void t.test('a file that passed is told by a line and by what it measured', async (t) => {
  const report = new TapReport();
  for (const line of ['# Subtest: a.test.ts', '    # cut points 13', '    ok 1 - one # time=1.5ms', '    # time=9.5ms']) report.add(line);
  t.same(report.add('ok 1 - a.test.ts # time=1950.5ms'), ['ok     a.test.ts (2.0 s)', '       # cut points 13']);
  report.add('# { total: 12, pass: 10, fail: 1, skip: 1 }');
  t.same([report.count('pass'), report.count('fail'), report.count('todo')], [10, 1, 0]);
  t.same(report.failed, []);
});
