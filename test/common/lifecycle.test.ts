import { EventEmitter } from 'node:events';
import t from 'tap';
import { abortOnSignals, Shutdown } from '../../common/lifecycle.ts';
import { createLogger } from '../../common/log.ts';
import { UvsError } from '../../common/errors.ts';

void t.test('the first signal asks to stop, the second one insists', (t) => {
  const source = new EventEmitter();
  let insisted = 0;
  using stop = abortOnSignals(source, () => {
    insisted += 1;
  });
  source.emit('SIGHUP', 'SIGHUP');
  t.notOk(stop.signal.aborted);
  source.emit('SIGTERM', 'SIGTERM');
  t.ok(stop.signal.aborted);
  t.equal(insisted, 0);
  source.emit('SIGTERM', 'SIGTERM');
  t.equal(insisted, 1);
  t.end();
});

void t.test('what began last ends first; a step that fails or hangs does not stop the rest', async (t) => {
  const lines: string[] = [];
  const log = createLogger('test', { level: 'info', isJournal: true, write: (line) => lines.push(line) });
  const ended: string[] = [];
  const shutdown = new Shutdown(log);
  shutdown.onEnd('first', 1000, () => {
    ended.push('first');
  });
  shutdown.onEnd('hanging', 20, () => new Promise<void>(() => undefined));
  shutdown.onEnd('failing', 1000, () => Promise.reject(new UvsError('INTERNAL', 'broken')));
  shutdown.onEnd('last', 1000, () => {
    ended.push('last');
  });
  await shutdown[Symbol.asyncDispose]();
  t.same(ended, ['last', 'first']);
  t.equal(lines.length, 2);
  t.match(lines[0], /^<4>\{"level":"warn".*"step":"2\/4","ending":"failing"/);
  t.match(lines[1], 'hanging');
});
