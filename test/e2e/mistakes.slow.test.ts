import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { parseCredential } from '../../common/credential.ts';
import { etcdTls } from '../support/etcd-tls.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../../coordinator/free-port.ts';
import { refused, type Mistake } from '../support/mistake.ts';
import { mustRun, run, type Finished } from '../support/programs.ts';
import { RawClient } from '../support/raw-call.ts';
import { recordingRelease } from '../support/recording-release.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { credentialsSchema, nodesSchema, parseJson, rolloutsSchema, statusSchema } from '../support/uvsctl-json.ts';

const dir = mkdtempSync(join(tmpdir(), 'uvs-e2e-'));
const nodes = [
  { hostname: 'demo154', roles: ['osd'] },
  { hostname: 'demo155', roles: ['mds'] },
];
const cluster = new SandboxCluster({ dir, nodes });
const record = join(dir, 'record');
writeFileSync(record, '');
/** A machine that has joined nothing; packages are brought to its console. */
const lone = join(dir, 'lone');
mkdirSync(join(lone, 'etc'), { recursive: true });
mkdirSync(join(lone, 'var/lib'), { recursive: true, mode: 0o755 }); // as every machine has it
writeFileSync(join(lone, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
const disk = SmallDisk.mount(cluster.nodeRoot('demo155'), 24);
const withoutEtcd = startWithoutEtcd();
const packages = { good: '', newer: '', strangers: '', unsigned: '', truncated: '', rocky: '', riscv: '', older: '', elsewhere: '' };

t.before(async () => {
  await cluster.start();
  await buildAll();
});
t.teardown(async () => {
  await withoutEtcd.catch(() => undefined);
  await cluster.stop();
  disk?.[Symbol.dispose]();
  rmSync(dir, { recursive: true });
});

/** A coordinator whose etcd nobody answers for; begun first, because it waits a while before it gives up. */
async function startWithoutEtcd(): Promise<{ readonly endpoint: string; readonly finished: Finished }> {
  const folder = join(dir, 'no-etcd');
  mkdirSync(folder);
  const { files } = await etcdTls(folder);
  const endpoint = `https://localhost:${await freePort('127.0.0.1')}`;
  const tls = ['--etcd-ca', files.ca, '--etcd-cert', files.cert, '--etcd-key', files.key];
  const grpc = `127.0.0.1:${await freePort('127.0.0.1')}`;
  const config = await initCoordinator('no-etcd', ['--grpc', grpc, '--etcd-endpoints', endpoint, ...tls]);
  return { endpoint, finished: await run('uvs-coordinator', ['run', '--config', config]) };
}

/** Makes a cluster that has nothing to do with the other one. Returns its configuration file. */
async function initCoordinator(name: string, options: readonly string[]): Promise<string> {
  const folder = join(dir, name);
  mkdirSync(folder, { recursive: true });
  const vendor = join(folder, 'vendor');
  await mustRun('upd', ['keygen', vendor]);
  await mustRun('upd', ['root', 'init', '--product', 'uvs', '--key', `${vendor}.pub`, '--out', join(folder, 'root.json')]);
  const made = join(folder, 'coordinator');
  const identity = ['--dir', made, '--name', 'other', '--id', 'c9', '--package-root', join(folder, 'root.json')];
  const listeners = ['--https', `127.0.0.1:${await freePort('127.0.0.1')}`, '--metrics', `127.0.0.1:${await freePort('127.0.0.1')}`];
  await mustRun('uvs-coordinator', ['init', ...identity, ...listeners, ...options]);
  return join(made, 'coordinator.toml');
}

async function buildAll(): Promise<void> {
  const { cluster: own } = parseJson(statusSchema, await cluster.uvsctlOk('--json', 'status'));
  const stranger = join(dir, 'stranger');
  await mustRun('upd', ['keygen', stranger]);
  await mustRun('upd', ['keygen', stranger, '--encryption']);
  const foreign = /age1[a-z0-9]+/u.exec(readFileSync(`${stranger}.identity`, 'utf8'))?.[0] ?? '';
  const build = async (name: keyof typeof packages, spec: string, key = cluster.signingKey, recipient?: string): Promise<void> => {
    const specFile = join(dir, `${name}.toml`);
    packages[name] = join(dir, `${name}.upd`);
    writeFileSync(specFile, spec);
    const encryption = recipient === undefined ? [] : ['--recipient', recipient];
    await mustRun('upd', ['build', specFile, '--key', key, ...encryption, '-o', packages[name]]);
  };
  const release = (version: string, releaseSeq: number): string => recordingRelease(dir, { version, releaseSeq, record, holdSeconds: 0 });
  const good = release('2.14.17', 17);
  await build('good', good, undefined, own.packageRecipient);
  await build('newer', release('2.14.18', 18));
  await build('older', release('2.14.16', 16));
  await build('strangers', good, `${stranger}.key`);
  await build('elsewhere', good, undefined, foreign);
  await build('rocky', good.replace('"debian"', '"rocky"').replace('["12"]', '["9"]'));
  await build('riscv', good.replace('[target]', '[target]\narchs = ["riscv64"]'));
  const bytes = readFileSync(packages.newer);
  packages.unsigned = join(dir, 'unsigned.upd');
  writeFileSync(packages.unsigned, withoutSignatures(bytes));
  packages.truncated = join(dir, 'truncated.upd');
  writeFileSync(packages.truncated, bytes);
  truncateSync(packages.truncated, bytes.length - 1);
}

/** The same package with an empty list of signatures; docs/package-format.md, "The file". */
function withoutSignatures(bytes: Buffer): Buffer {
  const head = Buffer.from('UVSUPD1\n\0\0\0\u0002[]', 'latin1');
  return Buffer.concat([head, bytes.subarray(12 + bytes.readUInt32BE(8))]);
}

/** What no mistake may change: the nodes' files, what their tasks recorded, the list of rollouts. */
function everything(): unknown {
  const roots = [...nodes.map(({ hostname }) => cluster.nodeRoot(hostname)), lone];
  return [...roots.map((root) => snapshot(root)), readFileSync(record, 'utf8')];
}

const operator = { UVS_CREDENTIAL: cluster.credential };
type Refusal = Pick<Mistake, 'reason' | 'names' | 'hint'>;

function push(what: string, wish: readonly string[], refusal: Refusal, env: Readonly<Record<string, string>> = operator): Mistake {
  return { what, program: 'uvsctl', args: ['push', ...wish, '--rolling', '--yes'], env, ...refusal };
}

void t.test('a push of a package that may not or cannot be installed is refused, and no node hears of it', async (t) => {
  const { cluster: own } = parseJson(statusSchema, await cluster.uvsctlOk('--json', 'status'));
  const pushes: readonly Mistake[] = [
    push('signed by an unknown key', [packages.strangers, '--all'], {
      reason: 'KEY_UNKNOWN',
      names: [packages.strangers, /signed by [0-9a-f]{64}/u],
      hint: 'sign it with a key of the newest root file',
    }),
    push('unsigned', [packages.unsigned, '--all'], { reason: 'SIGNATURE_MISSING', names: [packages.unsigned], hint: /sign/iu }),
    push('truncated', [packages.truncated, '--all'], {
      reason: 'PACKAGE_TRUNCATED',
      names: [packages.truncated],
      hint: 'Copy or download the package again',
    }),
    push('for another distro', [packages.rocky, '--all'], {
      reason: 'TARGET_MISMATCH',
      names: ['demo154 has distro debian, the package is for rocky'],
      hint: 'Take the package that was built for this node',
    }),
    push('for another architecture', [packages.riscv, '--all'], {
      reason: 'TARGET_MISMATCH',
      names: [/demo154 has architecture \w+, the package is for riscv64/u],
      hint: 'Take the package that was built for this node',
    }),
    push('encrypted for another cluster', [packages.elsewhere, '--all'], {
      reason: 'KEY_WRONG',
      names: [packages.elsewhere, own.packageRecipient],
      hint: `--recipient ${own.packageRecipient}`,
    }),
    push('a file that is not there', [join(dir, 'nowhere.upd'), '--all'], {
      reason: 'NOT_FOUND',
      names: [join(dir, 'nowhere.upd')],
      hint: 'Check the path',
    }),
    push('unknown node', [packages.good, '--node', 'demo999'], { reason: 'NOT_FOUND', names: ['demo999'], hint: 'uvsctl nodes list' }),
    push('unknown role', [packages.good, '--role', 'osx'], { reason: 'NOT_FOUND', names: ['osx'], hint: 'The roles are mds, osd' }),
  ];
  await refused(t, pushes, everything);
  t.same(parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list')).rollouts, []);
});

void t.test('a release that is not newer is refused by number, whatever its version says', async (t) => {
  await cluster.uvsctlOk('push', packages.good, '--all', '--rolling', '--yes');
  const older: Refusal = { reason: 'RELEASE_NOT_NEWER', names: [/release 17\b.*release 16\b/u], hint: 'higher release number' };
  await refused(t, [push('an older release', [packages.older, '--all'], older)], everything);
  const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list'));
  t.equal(rollouts.length, 1);
});

void t.test('without the right, or with a certificate that was withdrawn, nothing is done', async (t) => {
  const file = join(dir, 'vera.json');
  await cluster.uvsctlOk('credentials', 'issue', 'vera', '--role', 'viewer', '--out', file);
  const vera = { UVS_CREDENTIAL: file };
  const { credentials } = parseJson(credentialsSchema, await cluster.uvsctlOk('--json', 'credentials', 'list'));
  const name = credentials.find(({ identity }) => identity === 'viewer/vera')?.name ?? '';
  const credential = parseCredential(readFileSync(file, 'utf8'), file);
  using client = new RawClient(credential.coordinators[0] ?? '', credential);
  const method = '/uvs.v1.RolloutService/CreateRollout';

  const viewer: Refusal = { reason: 'PERMISSION_DENIED', names: ['viewer/vera'], hint: 'It takes operator or admin' };
  await refused(t, [push('a viewer pushes', [packages.newer, '--all'], viewer, vera)], everything);
  t.same(await client.call(method), { code: status.PERMISSION_DENIED, reason: 'PERMISSION_DENIED' });

  await cluster.uvsctlOk('credentials', 'withdraw', name.replace('credentials/', ''), '--reason', 'left', '--yes');
  const gone: Refusal = { reason: 'CERTIFICATE_WITHDRAWN', names: ['viewer/vera'], hint: 'Ask an admin for a new credential' };
  await refused(t, [push('a withdrawn certificate', [packages.newer, '--all'], gone, vera)], everything);
  t.same(await client.call(method), { code: status.UNAUTHENTICATED, reason: 'CERTIFICATE_WITHDRAWN' });
});

void t.test('a coordinator that cannot be reached is named by its address', async (t) => {
  const address = `127.0.0.1:${await freePort('127.0.0.1')}`;
  const file = join(dir, 'astray.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(cluster.credential, 'utf8')), coordinators: [address] }), {
    mode: 0o600,
  });
  const astray: Refusal = { reason: 'UNREACHABLE', names: [address], hint: 'Check that a coordinator runs' };
  await refused(t, [push('an unreachable coordinator', [packages.newer, '--all'], astray, { UVS_CREDENTIAL: file })], everything);
});

void t.test('a configuration with an unknown key starts nothing and names the file and the key', async (t) => {
  const agent = join(dir, 'agent.toml');
  writeFileSync(agent, '[metrics]\nlisten = "127.0.0.1:0"\nlisen = "127.0.0.1:0"\n');
  const coordinator = join(dir, 'c1', 'misspelt.toml');
  writeFileSync(coordinator, `${readFileSync(join(dir, 'c1', 'coordinator.toml'), 'utf8')}\n[timing]\nheartbeat_seconds = 5\n`);
  const misspelt = { reason: 'CONFIG_INVALID', hint: 'Check its spelling' } as const;
  const mistakes: readonly Mistake[] = [
    { ...misspelt, what: 'agent', program: 'uvs-agent', args: ['--root', lone, '--config', agent, 'run'], names: [agent, 'metrics.lisen'] },
    {
      ...misspelt,
      what: 'coordinator',
      program: 'uvs-coordinator',
      args: ['run', '--config', coordinator],
      names: [coordinator, 'timing'],
    },
  ];
  await refused(t, mistakes, everything);
  const nowhere = join(dir, 'nowhere');
  const astray: Refusal = { reason: 'NOT_FOUND', names: [nowhere], hint: '--root' };
  for (const command of [['status'], ['recover'], ['apply', packages.newer, '--no-slot', '--reason', 'a test']]) {
    await refused(t, [{ ...astray, what: command.join(' '), program: 'uvs-agent', args: ['--root', nowhere, ...command] }], everything);
  }
});

void t.test('recovery makes no node of a machine that is none', async (t) => {
  const empty = join(dir, 'empty');
  mkdirSync(empty);
  const none: Refusal = { reason: 'NOT_FOUND', names: [join(empty, 'var/lib/uvs-agent')], hint: '--root' };
  for (const args of [[], ['--files-only'], ['--accept', 'op-1', '--reason', 'a test']])
    await refused(t, [{ ...none, what: args.join(' '), program: 'uvs-agent', args: ['--root', empty, 'recover', ...args] }], everything);
  t.strictSame(readdirSync(empty), []);
});

void t.test('an agent applies nothing without a slot where it is not said why', async (t) => {
  const silent: Refusal = { reason: 'INVALID_ARGUMENT', names: ['--no-slot'], hint: 'Add --reason' };
  const args = ['--root', lone, 'apply', packages.newer, '--no-slot', '--root-file', cluster.packageRoot];
  for (const more of [[], ['--reason', ' ']])
    await refused(t, [{ ...silent, what: 'no reason', program: 'uvs-agent', args: [...args, ...more] }], everything);
});

void t.test('a port in use is named, and what runs there goes on', async (t) => {
  const [grpc = ''] = parseCredential(readFileSync(cluster.credential, 'utf8'), cluster.credential).coordinators;
  const again = join(dir, 'c1', 'coordinator.toml');
  const config = await initCoordinator('taken', ['--grpc', grpc, '--etcd', 'embedded']);
  const agent = join(dir, 'taken.toml');
  writeFileSync(agent, `[metrics]\nlisten = "${grpc}"\n`);
  const root = cluster.nodeRoot('demo154');
  const runs = { reason: 'PORT_IN_USE', program: 'uvs-coordinator' } as const;
  const busy = { program: 'uvs-agent', args: ['--root', root, '--config', agent, 'run'] } as const;
  const mistakes: readonly Mistake[] = [
    { ...runs, what: 'the same coordinator twice', args: ['run', '--config', again], names: ['127.0.0.1:'], hint: 'runs already' },
    { ...runs, what: "another's gRPC port", args: ['run', '--config', config], names: [grpc, 'gRPC'], hint: 'another port' },
    { ...busy, what: 'a second agent', reason: 'BUSY', names: [/pid \d+ \(the uvs-agent daemon\)/u], hint: 'stop it' },
  ];
  await refused(t, mistakes, everything);
  await cluster.agents.get('demo154')?.stop();
  const taken: Mistake = { ...busy, what: "the agent's port", reason: 'PORT_IN_USE', names: [grpc], hint: '[metrics] listen' };
  await refused(t, [taken], everything);
  cluster.agents.get('demo154')?.start();
  await cluster.waitReady();
});

void t.test('an agent believes nobody: at its console the same packages are refused for the same reasons', async (t) => {
  const args = (file: string): string[] => [
    '--root',
    lone,
    'apply',
    file,
    '--no-slot',
    '--reason',
    'a test',
    '--root-file',
    cluster.packageRoot,
  ];
  const apply = (what: string, file: string, refusal: Refusal): Mistake => ({ what, program: 'uvs-agent', args: args(file), ...refusal });
  await mustRun('upd', ['keygen', '--encryption', join(dir, 'foreign')]);
  const sealed = (what: string, identity: readonly string[], refusal: Refusal): Mistake => ({
    ...apply(what, packages.good, refusal),
    args: [...args(packages.good), ...identity],
  });
  const nowhere = join(dir, 'nowhere.identity');
  const keys: readonly Mistake[] = [
    sealed('encrypted, without a key', [], { reason: 'KEY_MISSING', names: [packages.good], hint: '--identity' }),
    sealed('with a key that is not there', ['--identity', nowhere], { reason: 'NOT_FOUND', names: [nowhere], hint: '--identity' }),
    sealed('with a file that is no key', ['--identity', cluster.packageRoot], {
      reason: 'INVALID_ARGUMENT',
      names: [cluster.packageRoot],
      hint: 'private half',
    }),
    sealed('with the wrong key', ['--identity', join(dir, 'foreign.identity')], {
      reason: 'KEY_WRONG',
      names: ['identity'],
      hint: /identity/,
    }),
  ];
  for (const mistake of keys) await refused(t, [mistake], everything);
  await mustRun('uvs-agent', args(packages.newer));
  const applied = snapshot(lone);
  t.equal(await mustRun('uvs-agent', args(packages.newer)), '2.14.18 is installed already: nothing to do.\n');
  t.same(snapshot(lone), applied, 'and it leaves no trace in the history');
  const mistakes: readonly Mistake[] = [
    apply('signed by an unknown key', packages.strangers, { reason: 'KEY_UNKNOWN', names: [/[0-9a-f]{64}/u], hint: 'sign it with a key' }),
    apply('unsigned', packages.unsigned, { reason: 'SIGNATURE_MISSING', names: ['failed'], hint: /sign/iu }),
    apply('truncated', packages.truncated, { reason: 'PACKAGE_TRUNCATED', names: [/has \d+ bytes of \d+/u], hint: 'Copy or download' }),
    apply('for another distro', packages.rocky, { reason: 'TARGET_MISMATCH', names: ['rocky', 'debian'], hint: 'built for this kind' }),
    apply('for another architecture', packages.riscv, { reason: 'TARGET_MISMATCH', names: ['riscv64'], hint: 'built for this kind' }),
    apply('older', packages.older, { reason: 'RELEASE_NOT_NEWER', names: [/release 16\b.*release 18\b/u], hint: 'Use a later release' }),
  ];
  for (const mistake of mistakes) await refused(t, [mistake], everything);
});

const noDisk = disk === undefined && 'this user may not mount a small disk';
void t.test(
  'a full disk pauses the rollout by name, changes nothing there, and once there is space it goes on',
  { skip: noDisk },
  async (t) => {
    if (disk === undefined) return;
    disk.fill();
    const before = everything();
    const pushed = await cluster.uvsctl('push', packages.newer, '--node', 'demo155', '--rolling', '--yes');
    t.equal(pushed.code, 20, pushed.stdout + pushed.stderr);
    t.match(pushed.stdout, /paused: demo155 failed: NO_SPACE: \S+demo155\S* has 0\.0 MiB free and the release needs [0-9.]+ MiB there/u);
    t.same(everything(), before);
    disk.free();
    const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list'));
    const id = rollouts.find(({ state }) => state === 'ROLLOUT_STATE_PAUSED')?.name.replace('rollouts/', '') ?? '';
    await cluster.uvsctlOk('rollouts', 'resume', id);
    await cluster.uvsctlOk('rollouts', 'watch', id);
    t.equal(readFileSync(join(disk.path, 'etc/uvs/release'), 'utf8'), '2.14.18\n');

    const listed = await cluster.uvsctlOk('operations', 'list', '--node', 'demo155');
    t.match(listed, /^op-\S+ .*\bdemo155\b.*NO_SPACE/mu, 'the try that failed is listed beside the one that a resume has made');
  },
);

void t.test('a node whose certificate was withdrawn is let in no more, and its log says why', async (t) => {
  const { nodes: known } = parseJson(nodesSchema, await cluster.uvsctlOk('--json', 'nodes', 'list'));
  const uid = known.find(({ hostname }) => hostname === 'demo154')?.uid ?? '';
  const { credentials } = parseJson(credentialsSchema, await cluster.uvsctlOk('--json', 'credentials', 'list'));
  const serial = credentials.find(({ identity }) => identity === `node/${uid}`)?.name.replace('credentials/', '') ?? '';
  const before = everything();
  await cluster.uvsctlOk('credentials', 'withdraw', serial, '--reason', 'stolen', '--yes');
  const log = cluster.agents.get('demo154')?.logFile ?? '';
  await eventually('the agent tells of it', () => /certificate of node\/\S+ was withdrawn/u.test(readFileSync(log, 'utf8')));
  t.same(everything(), before);
});

void t.test('a coordinator whose etcd does not answer ends and names the endpoint', async (t) => {
  const { endpoint, finished } = await withoutEtcd;
  t.equal(finished.code, 10, finished.stderr);
  const lines = finished.stderr.split('\n').filter((line) => !line.startsWith('{'));
  t.match(lines[0], `uvs-coordinator: etcd does not answer at ${endpoint}: `);
  t.match(lines[1], 'See whether etcd runs');
});
