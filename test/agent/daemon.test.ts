import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { readProductVersion } from '../../common/product-version.ts';
import { apply } from '../../agent/commands/apply.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { UvsError } from '../../common/errors.ts';
import { TestAuthority } from '../support/authority.ts';
import { closedPort } from '../support/grpc-server.ts';
import { eventually } from '../support/eventually.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { file, task, TestNode } from '../support/update-node.ts';
import { AgentProcess, enrol } from './link/agent-process.ts';
import { FakeCoordinator } from './link/fake-coordinator.ts';
import { FakePackageServer } from './link/fake-package-server.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(300_000 * patience);
const needsMount = process.getuid?.() === 0 ? false : 'needs mount';
const UID = '5f2b1c1e-6a55-4c0f-9f0f-0d5a7a1c2b3d';
const token = { epoch: UID, createRevision: '41' };
const authority = await TestAuthority.create();
const c1 = await authority.issue('coordinator/c1');

/** A node, a coordinator and its package store with one release, and how to start the agent. @param prepare is given the node before it joins */
async function scene(prepare: (node: TestNode) => unknown = () => undefined) {
  const node = new TestNode();
  prepare(node);
  const coordinator = await FakeCoordinator.start(c1);
  await enrol(node, UID, await authority.issue(`node/${UID}`, [coordinator.address]));
  const built = await node.build('one', {
    seq: 1,
    files: [file('opt/app/version', 'one')],
    tasks: [task('post', 'migrate', 'echo "moving to $UVS_VERSION"; while [ -e "$UVS_ROOT/hold" ]; do sleep 0.05; done')],
    brings: { uvs: '2.14.1', ceph: '16.2.15', kernel: '5.10.1' },
  });
  const bytes = await readFile(node.packagePath('one'));
  const store = await FakePackageServer.start(c1, bytes);
  coordinator.httpsAddresses = [store.address];
  const assign = {
    operation: 'op-1',
    packageDigest: createHash('sha256').update(bytes).digest('hex'),
    packageSizeBytes: String(bytes.length),
    manifestHash: built.manifestHash,
  };
  return {
    node,
    coordinator,
    store,
    assign,
    start: (...more: string[]) => new AgentProcess('--root', node.root, ...more, 'run'),
    phases: () => coordinator.sessions.flatMap(({ messages }) => messages.flatMap(({ progress }) => progress?.phase ?? [])),
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await coordinator[Symbol.asyncDispose]();
      node[Symbol.dispose]();
    },
  };
}

void t.test('an assigned release is fetched, waits for its slot, is installed, told and reported', async (t) => {
  await using s = await scene();
  await using agent = s.start();
  await eventually('a session', () => s.coordinator.sessions.length === 1);
  t.match(s.coordinator.session.hello, {
    uid: UID,
    hostname: 'node-1',
    roles: ['osd'],
    facts: {
      distroId: 'debian',
      distroVersion: '12',
      agentVersion: readProductVersion(),
      uvsVersion: '',
      cephVersion: '',
      kernelVersion: '',
    },
    openOperations: { length: 0 },
    withdrawalsCounter: '0',
  });
  s.coordinator.send({ assign: s.assign });
  s.coordinator.send({ assign: s.assign });
  await eventually('staged', () => s.phases().includes('staged'));
  t.equal(s.coordinator.reports.length, 0, 'nothing happens without a slot');
  s.coordinator.send({ grant: { operation: 'op-1', token } });
  await eventually('the report', () => s.coordinator.reports.length === 1);
  t.match(s.coordinator.reports[0], {
    operation: 'op-1',
    token,
    outcome: 'OUTCOME_INSTALLED',
    outputTail: /^\w+\| .*moving to 2\.14\.1/m,
    facts: { uvsVersion: '2.14.1', cephVersion: '16.2.15', kernelVersion: '5.10.1' },
  });
  t.equal(await readFile(join(s.node.root, 'opt/app/version'), 'utf8'), 'one');

  s.coordinator.send({ healthProbe: { nonce: 'n-1' } });
  s.coordinator.send({ readOutput: { requestId: 'r-1', operation: 'op-1' } });
  s.coordinator.send({ readOutput: { requestId: 'r-2', operation: 'op-none' } });
  const heard = (): object[] =>
    s.coordinator.session.messages.flatMap(({ healthEvidence, outputChunk }) => healthEvidence ?? outputChunk ?? []);
  await eventually('all answers', () => heard().filter((one) => 'nonce' in one || ('last' in one && one.last === true)).length === 3);
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  t.match(
    heard().find((one) => 'nonce' in one),
    { nonce: 'n-1', bootId, failedServices: { length: 0 }, facts: { uvsVersion: '2.14.1' } },
  );
  t.ok(heard().some((one) => 'text' in one && String(one.text).includes('moving to 2.14.1')));
  t.equal(await agent.kill('SIGTERM'), 0);
});

void t.test(
  'what the cluster declares is looked at and told while an operation waits for its turn, and not from when it has begun until it is over',
  async (t) => {
    await using s = await scene();
    await using agent = s.start();
    await eventually('a session', () => s.coordinator.sessions.length === 1);
    const hold = join(s.node.root, 'hold');
    await writeFile(hold, '');
    const told = () =>
      s.coordinator.session.messages.flatMap(({ limitsReport, settingsReport }) => limitsReport?.hash ?? settingsReport?.hash ?? []);
    const declare = (limits: string, settings: string): void => {
      s.coordinator.send({ limits: { hash: limits.repeat(64), rules: [] } });
      s.coordinator.send({ settings: { hash: settings.repeat(64), values: {} } });
    };
    s.coordinator.send({ assign: s.assign });
    await eventually('staged', () => s.phases().includes('staged'));
    declare('a', 'b');
    await eventually('both are told', () => told().length === 2);
    t.same(told().toSorted(), ['a'.repeat(64), 'b'.repeat(64)]);
    s.coordinator.send({ grant: { operation: 'op-1', token } });
    await eventually('its post task', () => s.phases().includes('post'));
    declare('c', 'd');
    const state = (name: string): Promise<string> => readFile(join(s.node.statePath, name), 'utf8').catch(() => '');
    await eventually(
      'they are stored',
      async () => (await state('settings.json')).includes('dddd') && (await state('limits.json')).includes('cccc'),
    );
    const heartbeats = () => s.coordinator.session.messages.filter(({ message }) => message === 'heartbeat').length;
    const seen = heartbeats();
    await eventually('some heartbeats more', () => heartbeats() > seen + 3);
    t.equal(told().length, 2, 'nothing more is told');
    await rm(hold);
    await eventually('the others are told', () => told().length === 4);
    t.same(told().slice(2).toSorted(), ['c'.repeat(64), 'd'.repeat(64)]);
    // the look needs no word of the coordinator's, and may be told before the end is
    await eventually('its end is reported', () => s.coordinator.reports.length === 1);
    t.match(s.coordinator.reports, [{ operation: 'op-1', outcome: 'OUTCOME_INSTALLED' }]);
    t.ok(agent);
  },
);

void t.test('a release whose copy at one coordinator is damaged comes from another, and the output says which one it was', async (t) => {
  await using s = await scene();
  const bytes = await readFile(s.node.packagePath('one'));
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1); // of the last segment
  await using damaged = await FakePackageServer.start(c1, bytes);
  s.coordinator.httpsAddresses = [damaged.address, s.store.address];
  await using agent = s.start();
  await eventually('a session', () => s.coordinator.sessions.length === 1);
  s.coordinator.send({ assign: s.assign });
  s.coordinator.send({ grant: { operation: 'op-1', token } });
  await eventually('the report', () => s.coordinator.reports.length === 1);
  t.match(s.coordinator.reports[0], { outcome: 'OUTCOME_INSTALLED' });
  t.match(s.coordinator.reports[0]?.outputTail, `at ${damaged.address} is damaged`);
  t.equal(await readFile(join(s.node.root, 'opt/app/version'), 'utf8'), 'one');
  t.ok(agent);
});

void t.test('an agent that is stopped in the middle of a release brings it to its end, and tells that before it exits', async (t) => {
  await using s = await scene();
  await using agent = s.start();
  await eventually('a session', () => s.coordinator.sessions.length === 1);
  const hold = join(s.node.root, 'hold');
  await writeFile(hold, '');
  s.coordinator.send({ assign: s.assign });
  s.coordinator.send({ grant: { operation: 'op-1', token } });
  await eventually('its post task', () => s.phases().includes('post'));
  const ended = agent.kill('SIGTERM');
  await rm(hold);
  t.equal(await ended, 0);
  t.match(s.coordinator.reports, [{ operation: 'op-1', outcome: 'OUTCOME_INSTALLED' }]);
  t.match(agent.output, /end of operation acknowledged/);
});

void t.test('where nobody hears it an agent that is stopped waits no longer than seconds', async (t) => {
  await using s = await scene();
  await using agent = s.start();
  await eventually('a session', () => s.coordinator.sessions.length === 1);
  s.coordinator.reportFailure = new UvsError('ETCD_UNAVAILABLE', 'no quorum');
  s.coordinator.send({ assign: s.assign });
  s.coordinator.send({ grant: { operation: 'op-1', token } });
  await eventually('the end', () => agent.output.includes('not acknowledged'));
  const stoppedMs = performance.now();
  t.equal(await agent.kill('SIGTERM'), 0);
  const tookMs = performance.now() - stoppedMs;
  t.ok(tookMs > 4_000 && tookMs < 20_000, `${tookMs} ms`);
});

void t.test('an end that was not acknowledged is reported again after the agent was killed', async (t) => {
  await using s = await scene();
  s.coordinator.reportFailure = new UvsError('ETCD_UNAVAILABLE', 'no quorum');
  {
    await using first = s.start();
    await eventually('a session', () => s.coordinator.sessions.length === 1);
    s.coordinator.send({ assign: s.assign });
    s.coordinator.send({ grant: { operation: 'op-1', token } });
    await eventually('the end', () => s.phases().includes('confirming') && first.output.includes('not acknowledged'));
    await first.kill('SIGKILL');
  }
  t.equal(s.coordinator.reports.length, 0);
  await using second = s.start();
  await eventually('a session', () => s.coordinator.sessions.length === 2);
  s.coordinator.reportFailure = undefined;
  await eventually('the report', () => s.coordinator.reports.length === 1);
  t.match(s.coordinator.reports[0], { operation: 'op-1', token, outcome: 'OUTCOME_INSTALLED' });
  t.match(s.coordinator.session.hello.openOperations, [{ operation: 'op-1', phase: 'done', token }]);
  await eventually('the acknowledgement', () => second.output.includes('end of operation acknowledged'));
  await second.kill('SIGTERM');
  await using third = s.start();
  await eventually('a session', () => s.coordinator.sessions.length === 3);
  t.same(s.coordinator.session.hello.openOperations, [], 'an acknowledged operation is forgotten');
  t.ok(third);
});

void t.test('a withdrawn operation ends as never-acted, also one that waits for its slot over a restart', async (t) => {
  await using s = await scene();
  {
    await using first = s.start();
    await eventually('a session', () => s.coordinator.sessions.length === 1);
    s.coordinator.send({ assign: s.assign });
    await eventually('staged', () => s.phases().includes('staged'));
    t.equal(await first.kill('SIGTERM'), 0, 'stopping does not withdraw');
  }
  t.equal(s.coordinator.reports.length, 0);
  await using second = s.start();
  await eventually('a session', () => s.coordinator.sessions.length === 2);
  t.match(s.coordinator.session.hello.openOperations, [{ operation: 'op-1' }]);
  s.coordinator.send({ cancel: { operation: 'op-1', reason: 'the rollout was aborted' } });
  s.coordinator.send({ cancel: { operation: 'op-unknown', reason: 'the rollout was aborted' } });
  await eventually('the reports', () => s.coordinator.reports.length === 2);
  t.match(s.coordinator.reports, [
    { operation: 'op-1', outcome: 'OUTCOME_NEVER_ACTED', message: /the rollout was aborted/ },
    { operation: 'op-unknown', outcome: 'OUTCOME_NEVER_ACTED', token: null },
  ]);
  t.ok(second);
});

void t.test('what came while an earlier operation was open is done once that one was withdrawn', async (t) => {
  await using s = await scene();
  {
    await using first = s.start();
    await eventually('a session', () => s.coordinator.sessions.length === 1);
    s.coordinator.send({ assign: s.assign });
    await eventually('staged', () => s.phases().includes('staged'));
    await first.kill('SIGKILL');
  }
  await using second = s.start();
  await eventually('a session', () => s.coordinator.sessions.length === 2);
  s.coordinator.send({ assign: { ...s.assign, operation: 'op-2' } });
  const said = () => s.coordinator.session.messages.flatMap(({ progress }) => (progress?.operation === 'op-2' ? [progress] : []));
  await eventually('it says so', () => said().some(({ message }) => message.startsWith('BUSY: operation op-1 is still open')));
  s.coordinator.send({ cancel: { operation: 'op-1', reason: 'nobody wants it any more' } });
  await eventually('the other one is staged', () => said().some(({ phase }) => phase === 'staged'));
  t.match(s.coordinator.reports, [{ operation: 'op-1', outcome: 'OUTCOME_NEVER_ACTED' }]);
  t.ok(second);
});

void t.test('new addresses of coordinators are stored, and withdrawn certificates too', async (t) => {
  await using s = await scene();
  s.coordinator.coordinators = [s.coordinator.address, '10.9.9.9:7443'];
  await using agent = s.start();
  await eventually('a session', () => s.coordinator.sessions.length === 1);
  s.coordinator.send({ withdrawals: { counter: '3', fingerprints: ['ab'.repeat(32)] } });
  const state = (name: string): Promise<string> => readFile(join(s.node.statePath, name), 'utf8').catch(() => '');
  await eventually('the list', async () => (await state('withdrawals.json')).includes('"counter":3'));
  await eventually('the addresses', async () => (await state('credential.json')).includes('10.9.9.9:7443'));
  t.ok(agent);
});

void t.test('the status listener tells metrics that promtool accepts, and health', async (t) => {
  await using s = await scene();
  const port = await closedPort();
  await writeFile(join(s.node.root, 'etc/uvs/agent.toml'), `[metrics]\nlisten = "127.0.0.1:${port}"\n`);
  await using agent = s.start();
  await eventually('a session', () => s.coordinator.sessions.length === 1 && agent.output.includes('session open'));
  const get = async (path: string): Promise<string> => await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  const metrics = await get('/metrics');
  t.match(metrics, /^uvs_agent_connected 1$/m);
  t.match(metrics, /^uvs_agent_mended_total\{kind="limits"\} 0$/m);
  t.match(metrics, `uvs_agent_info{version="${readProductVersion()}"} 1\n`);
  t.equal(execFileSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' }), '');
  t.match(JSON.parse(await get('/healthz')), { status: 'ok', connectedTo: s.coordinator.address });
  t.equal(await agent.kill('SIGTERM'), 0);
});

void t.test('a daemon whose journal is broken ends with that failure, for systemd to start it anew', { skip: needsMount }, async (t) => {
  using disk = MountedDisk.make('ext4');
  const bound: Disposable[] = [];
  await using stack = new AsyncDisposableStack();
  const s = stack.use(await scene((node) => bound.push(disk.bindTo(node.statePath))));
  stack.defer(() => bound[0]?.[Symbol.dispose]());
  const agent = stack.use(s.start());
  await eventually('a session', () => s.coordinator.sessions.length === 1);
  // as after an error that the disk gives: ext4 takes no write any more
  execFileSync('mount', ['-o', 'remount,abort', disk.path], { stdio: 'ignore' });
  s.coordinator.send({ assign: s.assign });
  t.equal(await agent.ended(), 10);
  t.match(agent.output, /uvs-agent: .*journal is on a read-only file system \[DISK_FAILED\]\nSee journalctl -k: /);
});

void t.test('an agent that has lost what it remembers of its releases does not start, and says what to do', async (t) => {
  await using s = await scene();
  await apply(s.node.console(), { file: s.node.packagePath('one'), noSlotReason: 'a test' }, new AbortController().signal);
  await rm(join(s.node.statePath, 'installed.json'));
  await using agent = s.start();
  t.equal(await agent.ended(), 7);
  t.match(agent.output, /installed\.json is missing, and releases have been installed here \[JOURNAL_CORRUPT\]\nRestore it from a backup/);
  t.equal(s.coordinator.sessions.length, 0);
});

void t.test('bad input is one clear sentence and the right exit code', async (t) => {
  await using s = await scene();
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    ['an unknown key', '[metrics]\nlisen = "x"\n', 2, /agent\.toml: unknown key 'metrics\.lisen'/],
    ['an address that is none', '[metrics]\nlisten = "9"\n', 2, /'metrics\.listen': must be host:port/],
  ];
  for (const [name, toml, code, words] of cases) {
    await writeFile(join(s.node.root, 'etc/uvs/agent.toml'), toml);
    await using agent = s.start();
    t.equal(await agent.ended(), code, name);
    t.match(agent.output, words, name);
  }
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const bound = taken.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  await writeFile(join(s.node.root, 'etc/uvs/agent.toml'), `[metrics]\nlisten = "127.0.0.1:${port}"\n`);
  await using agent = s.start();
  t.equal(await agent.ended(), 3, 'a port in use');
  t.match(agent.output, `the status address 127.0.0.1:${port} is in use`);
  await using stranger = new AgentProcess('--root', s.node.directory, 'run');
  t.equal(await stranger.ended(), 2, 'a node that has not joined');
  t.match(stranger.output, 'uvs-agent join');
});

void t.test(
  'an agent starts on a full disk, reports what it could not end, and ends that once there is space',
  { skip: needsMount },
  async (t) => {
    const disk = { current: undefined as SmallDisk | undefined };
    await using stack = new AsyncDisposableStack();
    const s = stack.use(await scene((node) => (disk.current = SmallDisk.mount(node.statePath, 8))));
    stack.defer(() => disk.current?.[Symbol.dispose]());
    const failpoints = { pass: (point: string) => (point === 'done-recorded' ? disk.current?.fill() : undefined) };
    const console = { ...s.node.console(), hasJoined: true, failpoints };
    const options = { file: s.node.packagePath('one'), noSlotReason: 'no coordinator there' };
    await t.rejects(apply(console, options, new AbortController().signal), { message: /full/u, reason: 'NO_SPACE' });
    const agent = stack.use(s.start());
    await eventually('the report', () => s.coordinator.reports.length > 1);
    t.match(s.coordinator.reports[0], { outcome: 'OUTCOME_INSTALLED', local: true });
    t.match(agent.output, /the disk is full, and an operation cannot be recovered now/u);
    t.match((await readStatus(s.node)).operations, [{ phase: 'done' }]);
    disk.current?.free();
    await eventually('the end', async () => (await readStatus(s.node)).operations.length === 0);
    t.match((await readStatus(s.node)).installed.components, [{ version: '2.14.1' }]);
    t.equal(await agent.kill('SIGTERM'), 0);
  },
);
