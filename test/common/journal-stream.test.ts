import { fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { errorLines, isJournalStream } from '../../common/journal-stream.ts';

void t.test('journald reads a stream where the variable names it, not where it was inherited', (t) => {
  const dir = t.testdir();
  const ours = openSync(join(dir, 'ours'), 'w');
  const other = openSync(join(dir, 'other'), 'w');
  const { dev, ino } = fstatSync(ours);
  const env = { JOURNAL_STREAM: `${dev}:${ino}` };
  t.equal(isJournalStream(ours, env), true);
  t.equal(isJournalStream(other, env), false);
  t.equal(isJournalStream(ours, {}), false);
  t.equal(isJournalStream(999_999, env), false, 'nor one that is not open');
  t.end();
});

void t.test('for journald each line of an error is one', (t) => {
  t.equal(errorLines('what\nwhat to do', true), '<3>what\n<3>what to do\n');
  t.equal(errorLines('what\nwhat to do\n', false), 'what\nwhat to do\n');
  t.end();
});
