import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { agentLayout } from '../../common/agent-layout.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { readUnverified } from '../../common/upd/open.ts';
import { FIRST_TO_HAND_OVER, successorIn } from '../../common/upd/successor.ts';
import { definitions } from '../../packaging/packages/definitions.ts';
import { buildPackages, unpackDebs } from '../support/packages.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'uvs-packages-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const root = join(folder, 'root');
const programs = ['uvs-agent', 'uvs-coordinator', 'uvsctl', 'upd'] as const;
const units = ['uvs-agent.service', 'uvs-agent-recover.service', 'uvs-coordinator.service'] as const;
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  return execFileSync(program, args, { encoding: 'utf8', env, timeout: 30_000, stdio: ['ignore', 'pipe', 'pipe'] });
}

const debs = await buildPackages(join(folder, 'debs'), { env: { FORMAT: 'deb' } });
await unpackDebs(debs.values(), root);

void t.test('everything in them belongs to root, and nobody else may write to it', async (t) => {
  t.same([...debs.keys()].toSorted(), ['uvs', 'uvs-agent', 'uvs-cli', 'uvs-coordinator', 'uvs-runtime']);
  for (const [name, deb] of debs) {
    const lines = run('dpkg-deb', ['-c', deb]).trimEnd().split('\n');
    t.ok(lines.length > 5, name);
    t.same(
      lines.filter((line) => !/^(l|.....-..-.) *.* root\/root /u.test(line)),
      [],
      name,
    );
  }
});

void t.test(
  'no file is in two packages, and the runtime is in its own alone: an agent is updated by little more than a megabyte',
  async (t) => {
    const owners = new Map<string, string>();
    const twice: string[] = [];
    for (const [name, deb] of debs) {
      for (const line of run('dpkg-deb', ['-c', deb]).trimEnd().split('\n')) {
        const path = line.replace(/^(\S+\s+){5}/u, '').replace(/ -> .*/u, '');
        if (path.endsWith('/')) continue;
        if (owners.has(path)) twice.push(`${path} of ${name} and ${owners.get(path)}`);
        owners.set(path, name);
      }
      const megabytes = statSync(deb).size / 1e6;
      t.comment(`${name}: ${megabytes.toFixed(2)} MB with little compression`);
      if (name !== 'uvs-runtime') t.ok(megabytes < 1.8, name);
    }
    t.same(twice, []);
    t.equal([...owners].filter(([path]) => path.endsWith('/node')).length, 1);
  },
);

void t.test('every program runs from where it is unpacked, on the runtime that ships', async (t) => {
  for (const program of programs) {
    const path = join(root, 'usr/bin', program);
    // No node but the package's own, and no settings of the caller's.
    const env = { PATH: '/nowhere:/usr/bin:/bin', NODE_OPTIONS: '--no-addons', HOME: folder };
    t.equal(run(path, ['--version'], env), `${version}\n`, program);
    t.match(run(path, ['--help'], env), `Usage: ${program}`);
    if (program !== 'uvs-agent') t.match(readFileSync(realpathSync(path), 'utf8'), '$here/../../runtime/packaged/node');
  }
  t.equal(run(join(root, 'usr/lib/uvs/runtime/packaged/node'), ['--version']), `${process.version}\n`);
});

void t.test('the agent and its runtime have directories of their version, which no release shares', async (t) => {
  t.equal(readlinkSync(join(root, agentLayout.packaged)), `deb-${version}`);
  t.equal(readlinkSync(join(root, agentLayout.versions, `deb-${version}`, 'runtime')), '../../runtime/packaged');
  t.equal(readlinkSync(join(root, agentLayout.packagedRuntime)), `deb-${process.version.slice(1)}`);
  t.notOk(existsSync(join(root, agentLayout.pointer)), 'the pointer is for releases alone');
  run(join(root, 'usr/bin/upd'), ['keygen', join(folder, 'releases')]);
  const build = [join(project, 'packaging/upd.ts'), join(folder, 'upd')];
  run(process.execPath, build, { ...process.env, KEY: join(folder, 'releases.key'), RELEASE_SEQ: '1', LEVEL: '1' });
  const [upd = '', ...others] = readdirSync(join(folder, 'upd'));
  t.same([upd, ...others], [`uvs_${version}-1_${architecture}.upd`], 'and leaves nothing beside it');
  const inspected = run(join(root, 'usr/bin/upd'), ['inspect', join(folder, 'upd', upd)]);
  t.match(inspected, `${FIRST_TO_HAND_OVER} or later`, 'agents that would not hand over refuse it');
  await using source = await openFileSource(join(folder, 'upd', upd));
  const { manifest } = await readUnverified(source, new AbortController().signal);
  t.same(manifest.target.archs, [architecture], 'nodes of another kind refuse it');
  t.same(manifest.brings, { uvs: version }, 'and it is what lists of nodes show');
  t.throws(() => run(process.execPath, build, { ...process.env, KEY: join(folder, 'releases.key'), RELEASE_SEQ: '1' }), {
    message: /\.upd is there already: take it, or another number\.\n$/u,
  });
  t.strictSame(successorIn(manifest), { version, runtime: process.version.slice(1) });
  const brought = new Set(manifest.files.map(({ path }) => path));
  for (const path of [
    'coordinator/lib/uvs-coordinator.js',
    'coordinator/vendor/etcd3/proto/rpc.proto',
    'cli/lib/uvsctl.js',
    'cli/lib/upd.js',
  ])
    t.ok(brought.has(join(agentLayout.versions, version, path)), path);
  t.throws(() => run(process.execPath, [join(project, 'packaging/agent-tree.ts'), join(folder, 'agent-tree'), 'etcd']));
});

void t.test('coordinator and command lines start what a release has brought of them, whole, and not older than the package', async (t) => {
  const pointer = join(root, agentLayout.pointer);
  t.teardown(() => rmSync(pointer, { force: true }));
  const bring = (name: string, runtime: string): void => {
    for (const [part, program] of [
      ['coordinator', 'uvs-coordinator'],
      ['cli', 'uvsctl'],
    ] as const) {
      const folderOf = join(root, agentLayout.versions, name, part, 'lib');
      mkdirSync(folderOf, { recursive: true });
      writeFileSync(join(folderOf, `${program}.js`), `console.log('${program} ${name}', ...process.argv.slice(2));\n`);
    }
    symlinkSync(runtime, join(root, agentLayout.versions, name, 'runtime'));
    rmSync(pointer, { force: true });
    symlinkSync(name, pointer);
  };
  const said = (program: string): string => run(join(root, 'usr/bin', program), ['--version']);
  bring('9.1.0', '../../runtime/packaged');
  t.equal(said('uvsctl'), 'uvsctl 9.1.0 --version\n');
  t.equal(said('uvs-coordinator'), 'uvs-coordinator 9.1.0 --version\n');
  t.equal(said('upd'), `${version}\n`, 'of which it has brought nothing');
  bring('0.0.8', '../../runtime/packaged');
  t.equal(said('uvsctl'), `${version}\n`, 'an older one');
  bring('9.2.0', '../../runtime/nowhere');
  t.equal(said('uvsctl'), `${version}\n`, 'one without its runtime');
  rmSync(pointer);
  symlinkSync('nowhere', pointer);
  t.equal(said('uvsctl'), `${version}\n`);
});

void t.test('an upgrade waits while a release replaces the agent, and leaves a newer agent of a release alone', async (t) => {
  const script = (name: string): string =>
    readFileSync(join(project, 'packaging/scripts/uvs-agent', name), 'utf8').replaceAll(/(?<=[" =])\/(var|usr)/gu, `${root}/$1`);
  const preinst = (): string => run('sh', ['-ec', script('before-install')]);
  preinst();
  const standing = join(root, 'var/lib/uvs-agent/handover.trial');
  mkdirSync(dirname(standing), { recursive: true });
  writeFileSync(standing, '');
  t.throws(preinst, { message: /a release is replacing the agent on this node/ });
  rmSync(standing);
  const pointer = join(root, agentLayout.pointer);
  const afterUpgrade = (current: string): boolean => {
    rmSync(pointer, { force: true });
    symlinkSync(current, pointer);
    mkdirSync(join(root, agentLayout.versions, current, 'lib'), { recursive: true });
    writeFileSync(join(root, agentLayout.versions, current, 'lib/uvs-agent.js'), '');
    const [, choose = ''] = /^(choose_agent\(\) .*?^\})$/msu.exec(script('after-install')) ?? [];
    run('sh', ['-ec', `${choose}\nchoose_agent 2>/dev/null`]);
    return existsSync(pointer);
  };
  t.ok(afterUpgrade('9.0.0'));
  t.ok(afterUpgrade(version), 'the same');
  t.ok(afterUpgrade('0.10.0'), 'numbers, not letters');
  t.notOk(afterUpgrade('0.0.9'));
  t.notOk(afterUpgrade(`${version}~rc1`));
});

void t.test('what is read at run time ships: the API, the libraries’ own definitions', async (t) => {
  const cluster = join(folder, 'c1');
  const upd = join(root, 'usr/bin/upd');
  run(upd, ['keygen', join(folder, 'vendor')]);
  const rootFile = join(folder, 'root.json');
  run(upd, ['root', 'init', '--product', 'uvs', '--key', join(folder, 'vendor.pub'), '--out', rootFile]);
  const addresses = ['--grpc', '127.0.0.1:1', '--https', '127.0.0.1:2', '--package-root', rootFile, '--etcd', 'embedded'];
  run(join(root, 'usr/bin/uvs-coordinator'), ['init', '--dir', cluster, '--name', 'x', '--id', 'c1', ...addresses]);
  for (const path of [
    'proto/uvs/v1/rollout.proto',
    '../cli/proto/uvs/v1/rollout.proto',
    'vendor/etcd3/proto/rpc.proto',
    'vendor/grpc-health-check/proto/health/v1/health.proto',
  ])
    t.ok(readFileSync(join(root, 'usr/lib/uvs/coordinator', path)).length > 0, path);
});

void t.test('the example configurations are accepted', async (t) => {
  const examples = (name: string): string => join(root, `usr/share/doc/uvs-${name}/examples/${name}.example.toml`);
  const node = join(folder, 'node');
  mkdirSync(node);
  t.match(run(join(root, 'usr/bin/uvs-agent'), ['--root', node, '--config', examples('agent'), 'status', '--json']), /^\{/);
  t.ok(readFileSync(examples('coordinator')).length > 0, 'test/coordinator/config.test.ts reads this one');
});

void t.test('systemd finds nothing to say about the units, the user and the folders', async (t) => {
  // What the units name besides the programs.
  mkdirSync(join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'bin/sh'), '#!/bin/sh\n', { mode: 0o755 });
  for (const unit of ['sysinit.target', 'shutdown.target', 'network-online.target', 'multi-user.target', 'basic.target', '-.mount'])
    writeFileSync(join(root, 'usr/lib/systemd/system', unit), unit.endsWith('.mount') ? '[Mount]\nWhat=x\nWhere=/\n' : '[Unit]\n');
  const verified = await new Promise<string>((resolve) => {
    execFile('systemd-analyze', ['verify', `--root=${root}`, '--man=no', ...units], { timeout: 20_000 }, (_error, out, err) =>
      resolve(out + err),
    );
  });
  const aboutOurs = verified.split('\n').filter((line) => line.includes('uvs'));
  t.same(aboutOurs, []);
  for (const unit of ['uvs-agent.service', 'uvs-coordinator.service']) {
    const text = readFileSync(join(root, 'usr/lib/systemd/system', unit), 'utf8');
    t.match(text, /^Type=notify$/m);
    t.match(text, /^NotifyAccess=all$/m, 'systemd-notify is a child');
    t.match(text, /^WatchdogSec=/m);
    t.match(text, /^Restart=on-failure$/m);
  }
  for (const directory of ['etc', 'var/lib']) mkdirSync(join(root, directory), { recursive: true });
  run('systemd-sysusers', [`--root=${root}`, 'uvs-coordinator.conf']);
  t.match(readFileSync(join(root, 'etc/passwd'), 'utf8'), /^uvs-coordinator:/m);
  run('systemd-tmpfiles', ['--create', `--root=${root}`, 'uvs-agent.conf', 'uvs-coordinator.conf']);
  t.same(readdirSync(join(root, 'var/lib')).toSorted(), ['uvs-agent', 'uvs-coordinator']);
});

void t.test('what the agent starts of the system is in packages that it needs or suggests', async (t) => {
  const [deb] = [debs.get('uvs-agent') ?? ''];
  const named = run('dpkg-deb', ['-f', deb, 'Depends', 'Suggests']);
  const sources = readdirSync(join(project, 'agent'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const asked = new Set(
    sources.flatMap((name) => {
      const text = readFileSync(join(project, 'agent', name), 'utf8');
      return [...text.matchAll(/ from: '([a-z0-9-]+)'/gu)].map(([, from = '']) => from);
    }),
  );
  t.ok(asked.has('smartmontools') && asked.has('attr'), [...asked].join());
  // essential on Debian, or asked only where it is the system's own
  const there = ['coreutils', 'util-linux', 'rpm', 'udev'];
  t.same(
    [...asked].filter((name) => !there.includes(name) && !new RegExp(`[ ,]${name}(,|$)`, 'mu').test(named)),
    [],
    named,
  );
  const agent = definitions('amd64').find(({ name }) => name === 'uvs-agent');
  const rpms = [...(agent?.needs.rpm ?? []), ...(agent?.suggests.rpm ?? [])];
  for (const name of ['attr', 'coreutils', 'util-linux', 'e2fsprogs', 'smartmontools', 'xfsprogs'])
    t.ok(rpms.includes(name), `rpm: ${name}`);
});

void t.test('installing starts nothing, and an agent that installs this package is not waited for', async (t) => {
  let restarts = 0;
  for (const [name, deb] of debs) {
    const control = join(folder, `control-${name}`);
    run('dpkg-deb', ['-e', deb, control]);
    for (const script of ['preinst', 'postinst', 'prerm', 'postrm'].filter((one) => existsSync(join(control, one)))) {
      const text = readFileSync(join(control, script), 'utf8');
      run('sh', ['-n', join(control, script)]);
      t.notMatch(text.replaceAll('systemctl disable', ''), /enable|systemctl (re)?start/u, `${name}: ${script}`);
      for (const [line] of text.matchAll(/^.*try-restart.*$/gmu)) {
        restarts += 1;
        t.match(line, '--no-block', `${name}: ${script}`);
      }
    }
  }
  t.ok(restarts > 0);
});
