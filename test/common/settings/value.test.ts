import t from 'tap';
import { sysctlKeys, sysctlProfiles } from '../../../common/settings/sysctl.ts';
import { parseSetting, parseSettingName, type SettingName } from '../../../common/settings/value.ts';
import { errorOf } from '../../support/failure.ts';

const refused = (name: SettingName, text: string) => errorOf(() => parseSetting(name, text));

void t.test('a time zone that does not exist is refused, with the one that may be meant', async (t) => {
  for (const zone of ['Europe/Berlin', 'UTC', 'Etc/GMT+3', 'America/Argentina/Buenos_Aires'])
    t.equal(parseSetting('time-zone', zone), zone);
  t.match(await refused('time-zone', 'Europe/Berlni'), { reason: 'INVALID_ARGUMENT', message: 'there is no time zone "Europe/Berlni"' });
  t.match(await refused('time-zone', 'Berlin'), { hint: 'It is written Europe/Berlin.' });
  t.match(await refused('time-zone', 'europe/berlin'), { hint: 'It is written Europe/Berlin.' });
  for (const zone of ['', '../etc/passwd', '/etc/passwd', 'Europe', '+01:00', 'Europe/Berlin\n'])
    t.match(await refused('time-zone', zone), { reason: 'INVALID_ARGUMENT' }, zone);
});

void t.test('NTP servers are names or addresses, a few of them, each once', async (t) => {
  t.equal(parseSetting('ntp-servers', '0.pool.ntp.org,::1'), '0.pool.ntp.org,::1');
  t.equal(parseSetting('ntp-servers', 'ntp1.example.org, 10.0.0.1,2001:db8::1'), 'ntp1.example.org,10.0.0.1,2001:db8::1');
  for (const text of [
    '',
    'a b',
    'a,,b',
    'a;b',
    'a,a',
    'a\nNTP=b',
    '-a',
    'pool a',
    '999.1.1.1',
    '10.0.0',
    '7',
    'fe80::1%eth0',
    Array.from({ length: 9 }, (_, at) => `s${at}`).join(),
  ])
    t.match(await refused('ntp-servers', text), { reason: 'INVALID_ARGUMENT', hint: /ntp-servers=/ }, text);
});

void t.test('a parameter of the kernel is one of a closed list, within its bounds', async (t) => {
  t.match(await errorOf(() => parseSettingName('sysctl.kernel.core_pattern')), {
    reason: 'INVALID_ARGUMENT',
    message: '"kernel.core_pattern" is no parameter of the kernel that UVS sets',
    hint: /net\.core\.rmem_max/,
  });
  t.match(await errorOf(() => parseSettingName('timezone')), { message: '"timezone" is no setting', hint: /time-zone, ntp-servers/ });
  t.match(await errorOf(() => parseSettingName('net.core.somaxconn')), { hint: 'It is written sysctl.net.core.somaxconn.' });
  t.match(await refused('sysctl.vm.swappiness', '99999999999'), { message: /it has to be from 0 to 100/ });
  t.equal(parseSetting('sysctl.net.ipv4.tcp_rmem', '4096  131072\t16777216'), '4096 131072 16777216');
  t.match(await refused('sysctl.net.ipv4.tcp_rmem', '16777216'), { message: /it takes 3 whole numbers/ });
  t.match(await refused('sysctl.net.ipv4.tcp_rmem', '8192 4096 16777216'), { message: /at least the one before it/ });
  t.match(await refused('sysctl.vm.swappiness', '101'), { message: 'sysctl.vm.swappiness=101 is no setting: it has to be from 0 to 100' });
  t.match(await refused('sysctl.profile', 'fast'), { message: /the profiles are storage, none/ });
});

void t.test('each key of a profile is in the list, within its bounds, and every key is explained', async (t) => {
  for (const profile of Object.values(sysctlProfiles))
    for (const [key, value] of profile) t.equal(parseSetting(`sysctl.${key}`, value), value, key);
  for (const [key, { about }] of Object.entries(sysctlKeys)) t.match(about, /^[A-Z].{20,}\.$/, key);
});
