import t from 'tap';
import { SettingsKeeper } from '../../../agent/settings/keeper.ts';
import { UvsError } from '../../../common/errors.ts';
import type { SettingName } from '../../../common/settings/value.ts';
import { errorOf } from '../../support/failure.ts';

void t.test('a value that is out of bounds, or not as UVS stores it, is refused by the agent too, and nothing of it is done', async (t) => {
  const done: string[] = [];
  const keeper = new SettingsKeeper({
    timeZone: { keep: async (zone) => (zone === undefined ? [] : (done.push(zone), [])) },
    timeServers: {
      keep: async (value) => (value === undefined ? { rows: [], clock: undefined } : (done.push(value), { rows: [], clock: undefined })),
    },
    sysctl: {
      keep: async (settings: ReadonlyMap<SettingName, string>) => (
        done.push(...[...settings.keys()].filter((name) => name.startsWith('sysctl.'))),
        []
      ),
    },
  });
  const bad = {
    'time-zone': '../../../tmp/evil',
    'ntp-servers': 'a\nPool b',
    'sysctl.vm.min_free_kbytes': '900000000',
    'sysctl.kernel.pid_max': '301',
    'sysctl.net.ipv4.tcp_rmem': '1 1 1',
    'sysctl.net.ipv4.tcp_wmem': '4096  65536 16777216',
    'sysctl.profile': 'constructor',
    'sysctl.kernel.core_pattern': '|/bin/sh',
  };
  const { settings } = await keeper.keep({ ...bad, 'sysctl.vm.swappiness': '10' });
  t.same(
    settings.map(({ name, state }) => [name, state]),
    Object.keys(bad).map((name) => [name, 'refused']),
  );
  t.match(settings[2]?.message, 'it has to be from 1024 to 262144');
  t.match(settings[5]?.message, 'it is not written as UVS stores it');
  t.same(done, ['sysctl.vm.swappiness']);
  await keeper.keep({ 'time-zone': 'America/Port-au-Prince', 'ntp-servers': '10.0.0.1,ntp1.example.org' });
  t.same(done.slice(1), ['America/Port-au-Prince', '10.0.0.1,ntp1.example.org']);
});

/** What the kinds were asked for, in turn, with what goes wrong. */
function recording(failing: readonly string[] = []) {
  const asked: (readonly [string, unknown])[] = [];
  const keep = async (kind: string, what: unknown): Promise<void> => {
    asked.push([kind, what]);
    if (failing.includes(kind)) throw new UvsError('SERVICE_FAILED', `${kind} failed`);
  };
  const keeper = new SettingsKeeper({
    timeZone: { keep: async (zone) => (await keep('zone', zone), []) },
    timeServers: { keep: async (servers) => (await keep('servers', servers), { rows: [], clock: undefined }) },
    sysctl: { keep: async (settings, left) => (await keep('sysctl', [[...settings.keys()], [...(left ?? [])]]), []) },
  });
  return { asked, keeper };
}

void t.test('what is refused is not taken for what nobody declares: it stays as it is', async (t) => {
  const { asked, keeper } = recording();
  await keeper.keep({ 'time-zone': '../x', 'ntp-servers': 'a b', 'sysctl.vm.swappiness': '101', 'sysctl.kernel.new': '1' });
  t.strictSame(asked, [['sysctl', [[], ['time-zone', 'ntp-servers', 'sysctl.vm.swappiness', 'sysctl.kernel.new']]]]);
});

void t.test('what can not be taken back is told, and keeps nothing else from being kept', async (t) => {
  const { asked, keeper } = recording(['servers']);
  const { settings } = await keeper.keep({ 'sysctl.vm.swappiness': '10' });
  t.strictSame(settings, [
    { name: 'ntp-servers', value: '', state: 'unmet', message: 'what was before is not back: servers failed', mended: [] },
  ]);
  t.strictSame(asked, [
    ['zone', undefined],
    ['servers', undefined],
    ['sysctl', [['sysctl.vm.swappiness'], []]],
  ]);
  const { asked: all, keeper: bare } = recording(['zone', 'sysctl']);
  t.match(
    await errorOf(bare.keep({})),
    { message: 'time-zone: what was before is not back: zone failed' },
    'where nothing is declared there is no line to look for',
  );
  t.equal(all.length, 3);
});
