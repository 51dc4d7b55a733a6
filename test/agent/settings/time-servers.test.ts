import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { chronyStatus, chronyText, sourceDirectory } from '../../../agent/settings/chrony.ts';
import type { TimeClient, TimeStatus } from '../../../agent/settings/ports.ts';
import { timeClients } from '../../../agent/settings/time-clients.ts';
import { judgeServers, TimeServers } from '../../../agent/settings/time-servers.ts';
import { timesyncdStatus, timesyncdText } from '../../../agent/settings/timesyncd.ts';
import { SandboxRoot } from './sandbox.ts';

const clock = { offsetSeconds: 0.003, server: 'a' };
const client = { name: 'systemd-timesyncd', path: '/etc/x.conf' } as const;
const answered: TimeStatus = { configured: ['a', 'b'], unreached: [], clock };

void t.test('a server is in force once it has answered, and a silent one is named after half a minute', async (t) => {
  t.same(judgeServers(client, ['a', 'b'], answered, 0), { state: 'in-force', message: 'the clock is off by less than 10 ms, says a' });
  const silent: TimeStatus = { configured: ['a', 'b'], unreached: ['a', 'b'], clock: undefined };
  t.same(judgeServers(client, ['a', 'b'], silent, 29_999), { state: 'waiting', message: 'a and b have not answered yet' });
  t.same(judgeServers(client, ['a', 'b'], silent, 30_000), {
    state: 'unmet',
    message: 'not reached: a and b have not answered systemd-timesyncd within 30 s',
  });
  t.match(judgeServers(client, ['a', 'b'], { ...answered, unreached: ['b'] }, 30_000), {
    state: 'unmet',
    message: 'not reached: b has not answered systemd-timesyncd within 30 s; the time comes from a',
  });
  t.match(judgeServers(client, ['a', 'c'], answered, 0), {
    state: 'unmet',
    message: /does not use c: something is read after \/etc\/x\.conf/,
  });
});

void t.test('what timesyncd says is understood', async (t) => {
  const shown = 'LinkNTPServers=\nSystemNTPServers=a b\nFallbackNTPServers=x\nServerName=b\nServerAddress=10.0.0.2\n';
  const status = '       Server: 10.0.0.2 (b)\nPoll interval: 32s (min: 32s; max 34min 8s)\n       Offset: -1.012ms\n Packet count: 3\n';
  const { configured, unreached, clock: its } = timesyncdStatus(['a', 'b'], shown, status);
  t.same({ configured, unreached }, { configured: ['a', 'b'], unreached: ['a'] }, 'it begins with the first');
  t.match(its, { server: 'b' });
  t.equal(its?.offsetSeconds.toFixed(6), '-0.001012');
  t.same(timesyncdStatus(['a', 'b'], shown.replace('Name=b', 'Name=a'), status).unreached, []);
  t.same(timesyncdStatus(['a', 'b'], shown, status.replace('count: 3', 'count: 0')), {
    configured: ['a', 'b'],
    unreached: ['a', 'b'],
    clock: undefined,
  });
  const far = timesyncdStatus(['b'], shown, status.replace('-1.012ms', '+1min 2.5s'));
  t.equal(far.clock?.offsetSeconds, 62.5);
  t.match(timesyncdText(['a', 'b']), /\[Time\]\nNTP=\nNTP=a b\n/);
});

void t.test('what chrony says is understood', async (t) => {
  const sources = '^,*,ntp1.example.org,2,6,377,35,0.000012,0.000013,0.01\n^,?,10.0.0.9,0,6,0,4294967295,0,0,0\n';
  const tracking = 'C0A80001,ntp1.example.org,3,1700000000.1,-0.250000000,0.1,0.1,1.0,0,0,0.01,0.001,64.2,Normal\n';
  t.same(chronyStatus(['ntp1.example.org', '10.0.0.9'], sources, tracking), {
    configured: ['ntp1.example.org', '10.0.0.9'],
    unreached: ['10.0.0.9'],
    clock: { offsetSeconds: -0.25, server: 'ntp1.example.org' },
  });
  t.match(chronyStatus(['b'], sources, tracking), { unreached: ['b'] });
  t.match(chronyStatus(['b'], '', '7F7F0101,,0,0,0,0\n'), { configured: { length: 0 }, clock: undefined });
  t.equal(sourceDirectory('# sourcedir /etc/no\nsourcedir /run/chrony-dhcp\nsourcedir /etc/chrony/sources.d\n'), '/etc/chrony/sources.d');
  t.equal(sourceDirectory('pool x iburst\n'), undefined);
  t.match(chronyText(['a']), /^server a iburst$/m);
});

function makeServers(t: Test) {
  const root = new SandboxRoot(t.testdir());
  const scene = { root, reloads: 0, runs: true, status: answered, nowMs: 0 };
  const failures: Error[] = [];
  const reload = async (): Promise<void> => {
    const failure = failures.pop();
    if (failure !== undefined) throw failure;
    scene.reloads += 1;
  };
  const own: TimeClient = {
    name: 'systemd-timesyncd',
    path: '/etc/systemd/timesyncd.conf.d/90-uvs-settings.conf',
    textOf: timesyncdText,
    reload,
    status: async () => scene.status,
  };
  const clients = {
    running: async () => (scene.runs ? own : 'neither chrony nor systemd-timesyncd is installed here'),
    ownFiles: async () => (root.read(own.path) === undefined ? [] : [own.path]),
    reloadRunning: reload,
  };
  return {
    scene,
    failures,
    path: own.path,
    servers: () => new TimeServers({ root: root.path, clients, before: root.before, nowMs: () => scene.nowMs }),
  };
}

void t.test('servers are written for the client that runs, once, and are gone when they are taken back', async (t) => {
  const { scene, path, servers } = makeServers(t);
  const keeper = servers();
  t.match(await keeper.keep('a,b'), { rows: [{ value: 'a,b', state: 'in-force', mended: { length: 0 } }], clock });
  await keeper.keep('a,b');
  t.equal(scene.reloads, 1);
  scene.root.write(path, 'mine');
  t.match(await keeper.keep('a,b'), { rows: [{ mended: [path] }] });
  t.equal(scene.reloads, 2);
  scene.root.write(`${dirname(path)}/.${basename(path)}.0123456789ab`, 'left by a cut');
  t.same(await keeper.keep(undefined), { rows: [], clock: undefined });
  t.equal(scene.root.read(path), undefined);
  t.notOk(existsSync(join(scene.root.path, dirname(path))), 'nothing is left');
  t.equal(scene.reloads, 3);
  await keeper.keep(undefined);
  t.equal(scene.reloads, 3);
});

void t.test('a node without an NTP client that runs says so, and nothing is written', async (t) => {
  const { scene, path, servers } = makeServers(t);
  scene.runs = false;
  t.match(await servers().keep('a'), { rows: [{ state: 'refused', message: /^neither chrony nor systemd-timesyncd/ }] });
  t.equal(scene.root.read(path), undefined);
});

void t.test('a server that does not answer is waited for, half a minute long, anew when others are set', async (t) => {
  const { scene, servers } = makeServers(t);
  const keeper = servers();
  scene.status = { configured: ['a', 'b'], unreached: ['a'], clock: undefined };
  t.match(await keeper.keep('a'), { rows: [{ state: 'waiting', message: 'a has not answered yet' }] });
  scene.nowMs = 30_000;
  t.match(await keeper.keep('a'), { rows: [{ state: 'unmet', message: /^not reached: a has not answered/ }] });
  t.match(await keeper.keep('a,b'), { rows: [{ state: 'waiting' }] });
});

void t.test('a reload that failed, or that an agent died before, is made good at the next look', async (t) => {
  const { scene, failures, path, servers } = makeServers(t);
  failures.push(new Error('it restarts just now'));
  await t.rejects(servers().keep('a'), /it restarts just now/);
  t.match(scene.root.read(path), /^NTP=a$/m, 'it is written');
  t.match(await servers().keep('a'), { rows: [{ state: 'in-force', mended: { length: 0 } }] });
  t.equal(scene.reloads, 1);
  await servers().keep('a');
  t.equal(scene.reloads, 1, 'once');
  failures.push(new Error('it restarts just now'));
  await t.rejects(servers().keep(undefined), /it restarts just now/);
  t.equal(scene.root.read(path), undefined, 'it is gone');
  await servers().keep(undefined);
  t.equal(scene.reloads, 2);
  t.same((await scene.root.before.read())?.ntp, undefined);
  await servers().keep(undefined);
  t.equal(scene.reloads, 2);
});

void t.test('no question to an NTP client takes longer than half a minute: an operation that begins waits for it', async (t) => {
  const root = new SandboxRoot(t.testdir());
  const limits: (number | undefined)[] = [];
  const clients = timeClients({
    root: root.path,
    systemctl: async () => 'ActiveState=active\n',
    run: async ({ deadlineMs }) => (limits.push(deadlineMs), { code: 1, stdout: '', stderr: 'no' }),
  });
  root.write('usr/lib/systemd/systemd-timesyncd', '');
  const timesyncd = await clients.running();
  root.write('usr/sbin/chronyd', '');
  root.write('etc/chrony/chrony.conf', 'sourcedir /etc/chrony/sources.d\n');
  for (const client of [timesyncd, await clients.running()]) {
    if (typeof client === 'string') t.fail(client);
    else await t.rejects(client.status([]), { message: /failed: no$/ }, client.name);
  }
  t.same(limits, [30_000, 30_000]);
});
