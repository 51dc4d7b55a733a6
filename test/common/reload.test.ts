import t from 'tap';
import { UvsError } from '../../common/errors.ts';
import { createLogger, type LevelSetting, type LogLevel } from '../../common/log.ts';
import { createNotifier } from '../../common/notify.ts';
import { reloads, takeReloaded } from '../../common/reload.ts';
import { eventually } from '../support/eventually.ts';
import { heardNotify } from '../support/heard-notify.ts';

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
  t.match(lines, [/^<6>.*"logLevel":"debug","fromNextStart":\[\]/u, /^<7>.*"after"/u]);
  takeReloaded<Config>(before, { services: ['b.service'], log: { level: 'warn' } }, level, log);
  part.info('dropped');
  t.match(lines.slice(2), [/^<4>.*"fromNextStart":\["services"\]/u]);
  t.equal(lines.length, 3);
  t.end();
});

void t.test(
  'systemd is told that the configuration is read again, and that the daemon is ready once it was, also where it is wrong',
  async (t) => {
    const heard = heardNotify(t);
    using notifier = createNotifier({
      env: { NOTIFY_SOCKET: '/run/x' },
      pid: 42,
      isHealthy: () => true,
      onFailure: (error) => t.fail(error.message),
    });
    const logged: string[] = [];
    const log = createLogger('test', { level: { current: 'info' }, isJournal: true, write: (line) => logged.push(line) });
    const listeners = new Set<() => void>();
    let reading = Promise.withResolvers<void>();
    const hangUp = (): void => listeners.forEach((listener) => listener());
    {
      using _reloads = reloads(
        {
          onReload: (listener) => {
            listeners.add(listener);
            return { [Symbol.dispose]: () => void listeners.delete(listener) };
          },
          reload: async () => await reading.promise,
        },
        notifier,
        () => 'idle',
        log,
      );
      hangUp();
      await notifier.flushed();
      t.same(heard(), ['RELOADING=1'], 'it is not ready before all is read');
      reading.resolve();
      await eventually('it is ready', () => heard().length > 1);
      t.same(heard(), ['RELOADING=1', 'READY=1 STATUS=idle']);
      t.same(logged, []);

      reading = Promise.withResolvers();
      hangUp();
      reading.reject(new UvsError('CONFIG_INVALID', 'agent.toml: no such thing'));
      await eventually('it is ready', () => heard().length > 3);
      t.same(heard().slice(2), ['RELOADING=1', 'READY=1 STATUS=idle'], 'whoever says no more would be taken for one that reloads for ever');
      t.match(logged, [/^<3>.*no such thing.*could not be read again/u]);
    }
    hangUp();
    await notifier.flushed();
    t.equal(heard().length, 4, 'nobody listens any more');
  },
);
