import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { toUvsError, UvsError } from '../../common/errors.ts';
import { EACCES, EBUSY } from '../../coordinator/gates/ceph/failure.ts';
import { eventually } from '../support/eventually.ts';
import { GateBench, TIMEOUT_MS, WAIT_MS } from './gate-bench.ts';
import { MiniCeph } from './mini-ceph.ts';
import { documentedCaps, missingCeph } from './test-bed.ts';

/** One daemon's worth of storage each, as the servers that UVS is for. */
const hosts = {
  n1: ['mon.a'],
  n2: ['mgr.x', 'mon.b'],
  n3: ['mgr.y', 'mon.c'],
  n4: ['mds.m', 'osd.0'],
  n5: ['mds.s', 'osd.1'],
  n6: ['osd.2'],
};
const MISSED = /^not back|not in quorum|does not answer/;
const forever = new AbortController().signal;

const skip = missingCeph();
const options = { skip, timeout: 900_000 };
const directory = mkdtempSync(join(tmpdir(), 'uvs-ceph-'));
const ceph = new MiniCeph({ directory, hosts, clients: { 'client.uvs': documentedCaps(), 'client.uvs12': documentedCaps('12.2') } });
const bench = new GateBench(ceph, hosts);
const { drain } = bench.gate;

t.before(async () => {
  if (skip !== false) return;
  const startMs = performance.now();
  await ceph.start();
  t.comment(`a Ceph of ${ceph.daemons.length} daemons was well after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
});
t.teardown(async () => {
  await ceph[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

void t.test('a cluster that is well can spare any one of its nodes', options, async (t) => {
  for (const hostname of ['n1', 'n2', 'n4']) t.ok(await bench.untilYes('before-grant', hostname), hostname);
  const askedMs = performance.now();
  await bench.answer('before-begin', 'n4');
  t.comment(`one answer of the gate: ${(performance.now() - askedMs).toFixed(0)} ms`);
});

void t.test('the documented key can do what the gate does, and nothing else', options, async (t) => {
  const allowed = [
    'osd set-group noout n4 osd.2',
    'osd unset-group noout n4 osd.2',
    'balancer off',
    'balancer on',
    'osd pool set data pg_autoscale_mode off',
  ];
  t.same(await refusals('client.uvs', allowed), []);
  const forbidden = [
    'osd set noout',
    'osd unset noout',
    'osd set-group nodown n4',
    'osd unset-group nodown n4',
    'osd set-group noout,noup n4',
    'osd add-noout osd.0',
    'osd out 0',
    'osd down 0',
    'osd pool set data size 2',
    'osd pool rm data',
    'osd crush reweight osd.0 0',
    'balancer mode none',
    'mgr module disable restful',
    'mds fail m',
    'fs set fs down true',
    'config set osd debug_osd 1',
    'config-key get anything',
    'auth ls',
    'auth get client.admin',
    'mon remove a',
  ];
  t.same(await refusals('client.uvs', forbidden), Array<string>(forbidden.length).fill('EACCES'));
  for (const daemon of ['osd.0', 'mds.m']) {
    t.match(await bench.ceph.ask(['tell', daemon, 'version'], AbortSignal.timeout(WAIT_MS)), { code: EACCES }, `tell ${daemon}`);
  }
  const args = ['--conf', ceph.conf, '--name', 'client.uvs', '--keyring', ceph.keyring('client.uvs'), '--pool', 'data', 'ls'];
  await t.rejects(promisify(execFile)('rados', args, { timeout: 60_000 }), { message: /Operation not permitted/ });
});

void t.test('for 12.2 the documented key can set and take back the noout of OSDs as well', options, async (t) => {
  t.same(await refusals('client.uvs12', ['osd add-noout osd.0', 'osd rm-noout osd.0']), []);
  t.same(await refusals('client.uvs12', ['osd add-nodown osd.0', 'osd out osd.0']), ['EACCES', 'EACCES']);
});

void t.test('a node that Ceph does not know like this is a no', options, async (t) => {
  const moved = new GateBench(ceph, { n4: ['mds.m', 'osd.77'] });
  t.match(await moved.answer('before-grant', 'n4'), { isYes: false, message: /^Ceph and n4 do not agree on its daemons/ });
  t.equal((await bench.ceph.ask(['osd', 'ok-to-stop', '77'], forever)).code, 0, 'though Ceph would say yes to an OSD that does not exist');
  t.equal((await bench.ceph.ask(['mon', 'ok-to-stop', 'zz'], forever)).code, 0);
});

void t.test(
  "Ceph's own no has status 16: about OSDs with an answer in JSON beside it, about others with a sentence alone",
  options,
  async (t) => {
    const osds = await bench.ceph.ask(['osd', 'ok-to-stop', '0', '1'], forever);
    t.match(osds, { code: EBUSY, remark: /^unsafe to stop osd\(s\)/ });
    t.match(JSON.parse(osds.stdout), { ok_to_stop: false });
    for (const command of [
      ['mon', 'ok-to-stop', 'a', 'b'],
      ['mds', 'ok-to-stop', 'm', 's'],
    ]) {
      const { code, stdout, remark } = await bench.ceph.ask(command, forever);
      t.same({ code, stdout: stdout.trim(), isSaid: remark !== '' }, { code: EBUSY, stdout: '', isSaid: true }, command.join(' '));
    }
  },
);

void t.test('a monitor and an OSD in two rollouts at once are a no, and so are two OSDs', options, async (t) => {
  const asked = [
    ['before-grant', 'n4', 'n1', /^mon\.a of a node that has begun count as down until it is proven healthy$/],
    ['before-begin', 'n4', 'n6', /PGs are or would become offline/],
    ['before-begin', 'n1', 'n2', /^without mon\.a, mon\.b only 1 of 3/],
  ] as const;
  for (const [moment, hostname, other, reason] of asked) {
    t.ok(await bench.untilNo(moment, hostname, reason, { begun: [bench.node(other)] }), `${hostname} beside ${other}`);
  }
});

void t.test('each kind of daemon is back once it shows that it has started anew', options, async (t) => {
  for (const hostname of ['n2', 'n5'] as const) {
    const names = hosts[hostname];
    const plan = await drain.plan({ node: bench.node(hostname), restarted: undefined, others: [] }, forever);
    if (plan !== undefined) await drain.apply(plan, AbortSignal.timeout(WAIT_MS));
    const { note } = await bench.untilYes('before-begin', hostname, { drains: [bench.drain(hostname, plan, undefined)] });
    const drains = [bench.drain(hostname, plan, note)];
    t.ok(await bench.untilNo('after', hostname, /^nothing shows that .* has started anew/, { drains }));
    await Promise.all(names.map((name) => ceph.stop(name)));
    t.ok(await bench.untilNo('after', hostname, MISSED, { drains }));
    for (const name of names) ceph.startDaemon(name);
    const startedMs = performance.now();
    t.match(await bench.untilYes('after', hostname, { drains }), { message: /^.* back, and well for / });
    t.comment(`${names.join(', ')}: proven back ${((performance.now() - startedMs) / 1000).toFixed(1)} s after its start`);
    if (plan !== undefined) await drain.restore(plan, [], AbortSignal.timeout(WAIT_MS));
  }
  await ceph.untilWell();
});

void t.test('with nodown set no node can be spared, whatever is acknowledged', options, async (t) => {
  for (const flag of ['noscrub', 'nodown']) await ceph.ceph('osd', 'set', flag);
  const careless = new GateBench(ceph, hosts, { acknowledged: ['OSDMAP_FLAGS'] });
  t.ok(await careless.untilNo('before-grant', 'n6', /^set in Ceph: nodown; /));
  await ceph.ceph('osd', 'unset', 'nodown');
  t.ok(await careless.untilYes('before-grant', 'n6'), 'noscrub is what was acknowledged');
  await ceph.ceph('osd', 'unset', 'noscrub');
});

void t.test('a pool with size = min_size can never spare a copy', options, async (t) => {
  await ceph.ceph('osd', 'pool', 'set', 'data', 'min_size', '3');
  const never = /^can never be yes: pool data \(size 3, min_size 3\) can spare no copy/;
  t.ok(await bench.untilNo('before-grant', 'n4', never));
  // it is said only while all is clean, and a pool that is set anew is not for a moment
  const said = await eventually('a plan says so', async () => (await bench.gate.never([bench.node('n4')], forever))[0], WAIT_MS);
  t.match(said, never);
  await ceph.ceph('osd', 'pool', 'set', 'data', 'min_size', '2');
  await bench.untilYes('before-grant', 'n4');
});

void t.test('without a standby the metadata server can not be spared, from the moment at which it dies', options, async (t) => {
  const [standby = '', serving = ''] = (await activeMetadataServer(ceph)) === 'm' ? ['mds.s', 'n4'] : ['mds.m', 'n5'];
  const name = standby.slice('mds.'.length);
  const within = async (): Promise<boolean> => {
    ceph.startDaemon(standby);
    await bench.untilYes('before-begin', serving);
    await ceph.stop(standby, 'SIGKILL');
    const answer = await bench.askOnce('before-begin', serving);
    t.equal(answer.isYes, false);
    const { standbys } = JSON.parse(await ceph.ceph('fs', 'dump', '--format', 'json'));
    const isBelieved = standbys.some((each: { name: string }) => each.name === name);
    return isBelieved && /^no standby would follow mds\.[ms], which serves fs: mds\.[ms] does not answer$/.test(answer.message);
  };
  t.ok(await eventually('Ceph still believes in the standby and the gate does not', within, 2 * WAIT_MS));
  await ceph.ceph('mds', 'fail', name);
  // whoever does not want one has acknowledged that there is none, and is not asked to risk it all the same
  const careless = new GateBench(ceph, hosts, { acknowledged: ['MDS_INSUFFICIENT_STANDBY'] });
  t.ok(await careless.untilNo('before-grant', serving, /^no standby would follow mds\.[ms], which serves fs: start one on another node/));
  ceph.startDaemon(standby);
  await bench.untilYes('before-grant', serving);
});

void t.test('an OSD that is down is a no for every other node', options, async (t) => {
  await ceph.stop('osd.1', 'SIGKILL');
  t.ok(await bench.untilNo('before-grant', 'n1', /^OSD_DOWN \(1 osds down\)/));
  t.match(await bench.answer('before-grant', 'n6'), { isYes: false });
  ceph.startDaemon('osd.1');
  await bench.untilYes('before-grant', 'n6');
});

void t.test('a monitor that hangs is a no at once, and a manager that hangs is one in time', options, async (t) => {
  await ceph.untilWell();
  {
    using _hanging = ceph.hang('mon.c');
    t.ok(await bench.untilNo('before-grant', 'n4', /^(mon\.c does not answer|MON_DOWN|not in quorum: mon\.c)/));
  }
  {
    const hanging = await activeManager(ceph);
    using _hanging = ceph.hang(`mgr.${hanging}`);
    const answer = await bench.askOnce('before-grant', 'n4').catch((thrown: unknown) => toUvsError(thrown));
    t.match(answer, { reason: 'DEADLINE_EXCEEDED' }, 'only managers know of placement groups');
    const restarted = ['ceph-mgr@*.service'];
    const hangsOn = hostOf(`mgr.${hanging}`);
    await bench.untilYes('before-grant', hangsOn, { restarted });
    const plan = await drain.plan({ node: bench.node(hangsOn), restarted, others: [] }, forever);
    await drain.apply(plan ?? '', AbortSignal.timeout(WAIT_MS));
    const other = async (): Promise<boolean> => ![hanging, ''].includes(await activeManager(ceph));
    await eventually('another manager has taken over', other, WAIT_MS);
    // Ceph has forgotten the one that hangs
    t.ok(await bench.untilNo('before-begin', hangsOn, /^Ceph and n[23] do not agree on its daemons/));
    await bench.untilYes('before-begin', hangsOn, { restarted });
  }
  await bench.untilYes('before-grant', 'n4');
});

void t.test('a second monitor is a no in the seconds in which Ceph still counts the first', options, async (t) => {
  const within = async (): Promise<boolean> => {
    ceph.startDaemon('mon.b');
    await bench.untilYes('before-begin', 'n1');
    await ceph.stop('mon.b', 'SIGKILL');
    const [asked, answer] = await Promise.all([bench.ceph.ask(['mon', 'ok-to-stop', 'a'], forever), bench.askOnce('before-begin', 'n1')]);
    t.equal(answer.isYes, false);
    return asked.code === 0 && answer.message === 'mon.b does not answer, whatever the quorum says';
  };
  t.ok(await eventually('Ceph says yes and the gate no, within those seconds', within, 240_000));
});

void t.test('without a quorum the answer is a no in time, and nothing is left running', options, async (t) => {
  await ceph.stop('mon.a', 'SIGKILL');
  let slowestMs = 0;
  const ask = async (): Promise<UvsError | undefined> => {
    const askedMs = performance.now();
    const answer = await bench.askOnce('before-grant', 'n4').catch((thrown: unknown) => toUvsError(thrown));
    slowestMs = Math.max(slowestMs, performance.now() - askedMs);
    if (answer instanceof UvsError) return answer;
    // the last monitor answers for a moment with what it knew
    t.match(answer, { isYes: false });
    return undefined;
  };
  t.match(await eventually('Ceph does not answer any more', ask, WAIT_MS), { reason: /^(DEADLINE_EXCEEDED|UNREACHABLE)$/ });
  t.ok(slowestMs < 2 * TIMEOUT_MS, `the slowest answer took ${slowestMs.toFixed(0)} ms`);
  await eventually('nothing is left running', () => commandsOf('client.uvs').length === 0);
  ceph.startDaemon('mon.a');
  ceph.startDaemon('mon.b');
  await bench.untilYes('before-grant', 'n4');
});

/** Says commands with that user's key, in one run of the program. @returns the errors that they were answered with */
async function refusals(user: string, commands: readonly string[]): Promise<readonly string[]> {
  const args = ['--conf', ceph.conf, '--name', user, '--keyring', ceph.keyring(user)];
  const said = promisify(execFile)('ceph', args, { timeout: 120_000 });
  said.child.stdin?.end(commands.map((command) => `${command}\n`).join(''));
  return [...(await said).stderr.matchAll(/^Error (?<name>E[A-Z]+)/gm)].map(({ groups }) => groups?.['name'] ?? '');
}

/** Command lines of what runs on this machine with that user's key of this cluster. */
function commandsOf(user: string): readonly string[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const lines = ids.map((id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  });
  return lines.filter((line) => line.includes(ceph.conf) && line.includes(`--name ${user} `));
}

function hostOf(daemon: string): string {
  return Object.entries<readonly string[]>(hosts).find(([, names]) => names.includes(daemon))?.[0] ?? '';
}

async function activeManager(ceph: MiniCeph): Promise<string> {
  return JSON.parse(await ceph.ceph('mgr', 'dump', '--format', 'json')).active_name;
}

async function activeMetadataServer(ceph: MiniCeph): Promise<string> {
  const { filesystems } = JSON.parse(await ceph.ceph('fs', 'dump', '--format', 'json'));
  const [info] = Object.values<{ name: string }>(filesystems[0].mdsmap.info);
  return info?.name ?? '';
}
