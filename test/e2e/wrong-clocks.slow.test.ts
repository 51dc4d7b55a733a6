import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import t from 'tap';
import * as v from 'valibot';
import { statePaths } from '../../agent/state-paths.ts';
import { readCoordinatorConfig } from '../../coordinator/config.ts';
import { readCredential, writeCredential } from '../../common/credential.ts';
import { TestAuthority } from '../support/authority.ts';
import { eventually } from '../support/eventually.ts';
import { ForeignServer } from '../support/foreign-server.ts';
import { mostAtOnce, readDisturbances } from '../support/overlaps.ts';
import { Daemon, run } from '../support/programs.ts';
import { RawClient } from '../support/raw-call.ts';
import { recordingRelease } from '../support/recording-release.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { nodesSchema, parseJson } from '../support/uvsctl-json.ts';
import { WrongClock } from '../support/wrong-clock.ts';

/** As machines without a battery for their clock begin, and what a broken one may say; certificates begin with 1970. */
const PAST = '1970-01-01 00:00:30';
const FUTURE = '2099-12-31 23:50:00';

const dir = mkdtempSync(join(tmpdir(), 'uvs-clocks-'));
const clock = (name: string, shows: string): WrongClock => new WrongClock(join(dir, `${name}.clock`), shows);
const past = clock('past', PAST);
const future = clock('future', FUTURE);
const stepping = clock('stepping', FUTURE);
const coordinators = clock('coordinators', PAST);
/** Steps all the while, also while its node joins and while it fetches. */
const jumping = clock('jumping', PAST);
let jumps = 0;
const jump = setInterval(() => jumping.set((jumps += 1) % 2 === 0 ? PAST : FUTURE), 700);
const cluster = new SandboxCluster({
  dir,
  coordinatorEnv: coordinators.env,
  nodes: [
    { hostname: 'demo151', roles: ['osd'] },
    { hostname: 'demo152', roles: ['osd'], env: past.env },
    { hostname: 'demo153', roles: ['osd'], env: future.env },
    { hostname: 'demo154', roles: ['osd'], env: stepping.env },
    { hostname: 'demo155', roles: ['osd'], env: jumping.env },
  ],
});
const record = join(dir, 'record');
writeFileSync(record, '');

t.before(() => cluster.start());
t.teardown(async () => {
  clearInterval(jump);
  await cluster.stop();
  rmSync(dir, { recursive: true });
});

/** A shell command that one node's task runs alone. */
function onNode(hostname: string, command: string): string {
  return `case "$UVS_ROOT" in */${hostname}) ${command};; esac`;
}

/** The time by the coordinator's clock, as its HTTP answers date themselves. */
async function shownTime(): Promise<string> {
  const { metrics } = await readCoordinatorConfig(join(dir, 'c1', 'coordinator.toml'));
  const answer = await fetch(`http://${metrics.host}:${metrics.port}/healthz`);
  await answer.text();
  return answer.headers.get('date') ?? '';
}

/** The years that a daemon has written its log in. @param from where in it */
function yearsInLog(logFile: string, from = 0): readonly number[] {
  const times = readFileSync(logFile, 'utf8')
    .slice(from)
    .matchAll(/"time":(?:"([^"]+)"|(\d+))/g);
  return [...new Set([...times].map(([, text, ms]) => new Date(text ?? Number(ms)).getUTCFullYear()))].toSorted((a, b) => a - b);
}

void t.test('nodes at 1970 and 2099 join and are updated, while their clocks and that of the coordinator step', async (t) => {
  const steps = {
    pre: [onNode('demo152', coordinators.stepCommand(FUTURE)), onNode('demo154', stepping.stepCommand(PAST))].join('\n'),
    post: onNode('demo154', stepping.stepCommand(FUTURE)),
  };
  const release = { version: '2.14.17', releaseSeq: 17, record, holdSeconds: 1.5, files: 2_000, ...steps };
  const file = await cluster.buildRelease('one', recordingRelease(dir, release));
  const jumpsBefore = jumps;
  const pushed = await cluster.uvsctl('push', file, '--all', '--rolling', '--yes');
  t.equal(pushed.code, 0, `${pushed.stderr}${pushed.stdout}`);
  const disturbed = readDisturbances(record);
  t.equal(disturbed.length, 5);
  t.equal(mostAtOnce(disturbed), 1);
  const { nodes } = parseJson(nodesSchema, await cluster.uvsctlOk('--json', 'nodes', 'list'));
  t.same([...new Set(nodes.map(({ facts }) => facts?.uvsVersion))], ['2.14.17']);
  t.same([...new Set(nodes.map(({ state }) => state))], ['NODE_STATE_READY'], 'nobody is silent to a leader whose clock has stepped');

  t.same(yearsInLog(cluster.agents.get('demo152')?.logFile ?? ''), [1970], 'the clocks were really wrong');
  t.same(yearsInLog(cluster.agents.get('demo153')?.logFile ?? ''), [2099]);
  // which of the two a line of theirs has is chance
  for (const hostname of ['demo154', 'demo155']) {
    const years = yearsInLog(cluster.agents.get(hostname)?.logFile ?? '');
    t.same(
      years.filter((year) => year !== 1970 && year !== 2099),
      [],
      hostname,
    );
  }
  for (const [year, shows] of [
    [1970, PAST],
    [2099, FUTURE],
  ] as const) {
    stepping.set(shows);
    const { pid, logFile } = cluster.agents.get('demo154') ?? {};
    const before = readFileSync(logFile ?? '', 'utf8').length;
    await eventually(`its agent shows ${year}`, () => {
      // has it write a line, with the time that it has by then
      if (pid !== undefined) process.kill(pid, 'SIGHUP');
      return yearsInLog(logFile ?? '', before).includes(year);
    });
  }
  t.ok(jumps - jumpsBefore > 5, `its clock stepped ${jumps - jumpsBefore} times meanwhile`);
  t.same(yearsInLog(cluster.coordinators[0]?.logFile ?? ''), [1970, 2099]);
});

void t.test('agents that start anew at another time than they ended go on', async (t) => {
  for (const [hostname, itsClock, shows] of [
    ['demo152', past, FUTURE],
    ['demo153', future, PAST],
  ] as const) {
    const agent = cluster.agents.get(hostname);
    await agent?.stop();
    itsClock.set(shows);
    agent?.start();
  }
  await cluster.waitReady();
  const file = await cluster.buildRelease('two', recordingRelease(dir, { version: '2.14.18', releaseSeq: 18, record, holdSeconds: 0 }));
  const pushed = await cluster.uvsctl('push', file, '--all', '--rolling', '--yes');
  t.equal(pushed.code, 0, `${pushed.stderr}${pushed.stdout}`);
});

for (const shows of [PAST, FUTURE]) {
  const year = shows.slice(0, 4);
  const wrong = clock(`strangers-${year}`, shows);

  void t.test(`a node at ${year} sends a coordinator of another authority neither its join token nor anything else`, async (t) => {
    await using stranger = await ForeignServer.start(await (await TestAuthority.create('demo')).issue('coordinator/c1'));
    const tokenText = await cluster.uvsctlOk('join-tokens', 'create', '--uses', '1');
    const token = v.parse(v.looseObject({}), JSON.parse(Buffer.from(tokenText, 'base64url').toString()));
    const tokenFile = join(dir, `stranger-${year}.token`);
    writeFileSync(tokenFile, Buffer.from(JSON.stringify({ ...token, coordinators: [stranger.address] })).toString('base64url'), {
      mode: 0o600,
    });
    const root = join(dir, `stranger-${year}`);
    mkdirSync(join(root, 'etc'), { recursive: true });
    const as = ['--hostname', 'demo160', '--roles', 'osd'];
    const joined = await run('uvs-agent', ['join', '--root', root, '--token-file', tokenFile, ...as], { env: wrong.env });
    t.not(joined.code, 0);
    t.match(joined.stderr, /shows the authority .*Nothing was sent/s);
    t.match(stranger, { connections: 1, receivedBytes: 0, clientCertificates: 0 });
  });

  void t.test(`a node at ${year} that has joined tells a coordinator of another authority nothing`, async (t) => {
    await using stranger = await ForeignServer.start(await (await TestAuthority.create('demo')).issue('coordinator/c1'));
    const root = join(dir, `misled-${year}`);
    cpSync(cluster.nodeRoot('demo151'), root, { recursive: true });
    const { credential } = statePaths(root);
    await writeCredential(credential, { ...(await readCredential(credential)), coordinators: [stranger.address] });
    const logFile = join(dir, `misled-${year}.log`);
    const agent = new Daemon('misled', 'uvs-agent', ['run', '--root', root], logFile, { env: wrong.env });
    agent.start();
    t.teardown(() => agent.stop());
    await eventually('it has tried twice', () => stranger.connections > 1, 60_000);
    t.equal(stranger.receivedBytes, 0);
    t.same(yearsInLog(logFile), [Number(year)]);
  });

  void t.test(`a coordinator at ${year} takes its own nodes, and refuses one of another authority`, async (t) => {
    coordinators.set(shows);
    const own = await readCredential(statePaths(cluster.nodeRoot('demo151')).credential);
    const foreign = await (await TestAuthority.create('demo')).issue(own.identity);
    const {
      coordinators: [address = ''],
    } = own;
    const method = '/uvs.agent.v1.AgentService/ConfirmToken';
    await eventually(`it is ${year} there`, async () => (await shownTime()).includes(` ${year} `));
    using ownClient = new RawClient(address, own);
    using foreignClient = new RawClient(address, { ...foreign, authority: own.authority });
    t.match(await ownClient.call(method), { code: status.INVALID_ARGUMENT }, 'it is heard, and says nothing');
    t.match(await foreignClient.call(method), { code: status.UNAVAILABLE });
  });
}
