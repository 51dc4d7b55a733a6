import t from 'tap';
import { createLogger, type LevelSetting, type LogLevel } from '../../common/log.ts';
import { takeReloaded } from '../../common/reload.ts';

interface Config {
  readonly services: readonly string[];
  readonly log: { readonly level: LogLevel };
}

void t.test('the level counts at once, for parts of the program that log already; what else has changed is named', (t) => {
  const lines: string[] = [];
  const level: LevelSetting = { current: 'info' };
  const log = createLogger('test', { level, isJournal: true, write: (line) => lines.push(line) });
  const part = log.child({ part: 'session' });
  part.debug('before');
  t.same(lines, []);
  const before: Config = { services: ['a.service'], log: { level: 'info' } };
  takeReloaded<Config>(before, { services: ['a.service'], log: { level: 'debug' } }, level, log);
  part.debug('after');
  t.match(lines, [/^<6>.*"level":"debug","fromNextStart":\[\]/u, /^<7>.*"after"/u]);
  takeReloaded<Config>(before, { services: ['b.service'], log: { level: 'warn' } }, level, log);
  part.info('dropped');
  t.match(lines.slice(2), [/^<4>.*"fromNextStart":\["services"\]/u]);
  t.equal(lines.length, 3);
  t.end();
});
