import t from 'tap';
import { parseResult, parseUnit } from '../../../agent/os/unit-result.ts';

void t.test('what systemd says of a unit becomes what a task came to', (t) => {
  const cases: readonly (readonly [string, Partial<ReturnType<typeof parseResult>>])[] = [
    ['success exited 0 0 -', { exitCode: 0, signal: undefined, isTimedOut: false, isOutOfMemory: false }],
    ['success exited 0 2 -', { exitCode: 0, isOutOfMemory: false }],
    ['exit-code exited 3 0 -', { exitCode: 3, isTimedOut: false, isOutOfMemory: false }],
    ['exit-code exited 137 1 -', { exitCode: 137, isOutOfMemory: true }],
    ['oom-kill killed KILL 0 -', { exitCode: undefined, isOutOfMemory: true }],
    ['signal killed SEGV 0 -', { exitCode: undefined, signal: 'SIGSEGV' }],
    ['core-dump dumped ABRT 0 -', { exitCode: undefined, signal: 'SIGABRT' }],
    ['timeout killed TERM 0 -', { exitCode: undefined, isTimedOut: true }],
    // it ended by itself when it was told to, and too late
    ['timeout exited 0 0 1000', { isTimedOut: true }],
    ['timeout exited 0 0 -', { isTimedOut: true }],
    // it ended in time, and what it left did not hear SIGTERM
    ['timeout exited 0 0 999', { exitCode: 0, isTimedOut: false }],
    ['resources - - 0 -', { exitCode: undefined, signal: 'resources' }],
    ['', { exitCode: undefined, isTimedOut: false }],
  ];
  for (const [text, expected] of cases) t.match(parseResult(`${text}\n`, 1000), expected, text);
  t.end();
});

/** What systemctl prints, with the task's start and end in microseconds since boot. */
function shown(state: string, result: string, code: number, status: number, started = 0, exited = 0): string {
  const times = `ExecMainStartTimestampMonotonic=${started}\nExecMainExitTimestampMonotonic=${exited}`;
  return `Result=${result}\n${times}\nExecMainCode=${code}\nExecMainStatus=${status}\nActiveState=${state}\n`;
}

void t.test('what systemd remembers of a unit that failed is what its end script would have said', (t) => {
  const cases: readonly (readonly [string, string])[] = [
    [shown('failed', 'oom-kill', 2, 9), 'oom-kill killed KILL 0 -'],
    [shown('failed', 'exit-code', 1, 3, 5_000, 9_999), 'exit-code exited 3 0 4'],
    [shown('failed', 'core-dump', 3, 11), 'core-dump dumped SEGV 0 -'],
    [shown('failed', 'resources', 0, 0), 'resources - - 0 -'],
    // the end script alone failed, of a task that had done well
    [shown('failed', 'signal', 1, 0), 'signal exited 0 0 -'],
    [shown('failed', 'timeout', 1, 0, 1_000_000, 1_999_000), 'timeout exited 0 0 999'],
  ];
  for (const [text, end] of cases) t.strictSame(parseUnit(text), { isRunning: false, end }, end);
  t.match(parseResult(parseUnit(shown('failed', 'timeout', 2, 9, 1_000_000, 3_000_000)).end ?? '', 1000), { isTimedOut: true });
  t.end();
});

void t.test('of a unit that is not there, or that has not ended, nothing is taken for an end', (t) => {
  for (const state of ['inactive', '']) t.strictSame(parseUnit(shown(state, 'success', 0, 0)), { isRunning: false, end: undefined }, state);
  for (const state of ['active', 'activating', 'deactivating', 'reloading'])
    t.strictSame(parseUnit(shown(state, 'oom-kill', 2, 9)), { isRunning: true, end: undefined }, state);
  t.strictSame(parseUnit(''), { isRunning: false, end: undefined });
  t.end();
});
