import t from 'tap';
import { SettingsKeeper } from '../../../agent/settings/keeper.ts';
import type { SettingName } from '../../../common/settings/value.ts';

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
