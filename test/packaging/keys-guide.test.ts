import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { statePaths } from '../../agent/state-paths.ts';
import { layout } from '../../coordinator/layout.ts';
import { packageRecipients } from '../../coordinator/init/package-identity.ts';
import { eventually } from '../support/eventually.ts';
import { makeCluster, type RunningCoordinator } from '../support/running-cluster.ts';
import { runUpdIn } from '../support/run-upd.ts';
import { makeOperator } from '../support/uvsctl.ts';

t.setTimeout(240_000);
const project = fileURLToPath(new URL('../..', import.meta.url));
const SPEC = `product = "uvs"
version = "2.14.18"
releaseSeq = 18
kind = "full"
target = {}
brings = { uvs = "2.14.18" }
[[trees]]
source = "tree"
destination = "/"
`;

/** The commands of the page's blocks, in their order; quotes are taken off. */
function commandsOf(page: string): readonly (readonly string[])[] {
  const lines = page.split('\n').filter((line) => line.startsWith('    '));
  return lines.map((line) => [...line.trim().matchAll(/"([^"]*)"|(\S+)/gu)].map(([, quoted, word]) => quoted ?? word ?? ''));
}

function node(
  main: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(project, main), ...args], { cwd, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

void t.test('every command of the page about keys does what the page says, in its order', async (t) => {
  await using cluster = await makeCluster();
  await using olga = await makeOperator(cluster.admin);
  const { directory } = cluster;
  const folder = join(cluster.folder, 'vault');
  const root = join(folder, 'node');
  const paths = statePaths(root);
  await mkdir(join(folder, 'tree/etc'), { recursive: true });
  await mkdir(join(root, 'etc'), { recursive: true });
  await mkdir(paths.directory, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'tree/etc/release'), '2.14.18');
  await writeFile(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
  await writeFile(join(folder, 'release.toml'), SPEC);
  const file = async (name: string) => await readFile(join(folder, name));
  let running: RunningCoordinator | undefined;
  // also where something fails: its etcd would go on
  await using _stopped = { [Symbol.asyncDispose]: async () => await running?.[Symbol.asyncDispose]() };
  const start = async (): Promise<void> => {
    await running?.[Symbol.asyncDispose]();
    running = await cluster.run();
    const api = cluster.client();
    await eventually('c1 leads', async () => (await api.call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader !== null);
  };

  const upd = async (args: readonly string[]) => {
    const ended = await runUpdIn(folder, args);
    // the cluster and the node are made with the first root file
    if (args.includes('root.json') && args[1] === 'init') {
      await copyFile(join(folder, 'root.json'), join(directory, layout.packageRoot));
      await copyFile(join(folder, 'root.json'), paths.packageRoot);
      await start();
    }
    return ended;
  };
  /** Whom the page means by age1…: the identity that is retired, or the node's own. */
  const recipientFor = async (words: readonly string[]): Promise<string> =>
    words[2] === 'retire'
      ? ((await packageRecipients(directory)).others[0] ?? '')
      : (await node('agent/main.ts', ['--root', root, 'identity'], folder)).out.trim();
  /** Makes what a command begins with, as whoever reads the page has it by then. */
  const before = async (words: readonly string[]): Promise<readonly string[]> => {
    if (words.includes('sealed.upd')) {
      const { newest } = await packageRecipients(directory);
      const built = await runUpdIn(folder, [
        'build',
        'release.toml',
        '--key',
        'val.key',
        'wil.key',
        '--recipient',
        newest,
        '--out',
        'sealed.upd',
      ]);
      t.equal(built.code, 0, built.err);
    }
    const own = words.includes('age1…') ? await recipientFor(words) : '';
    const sha256 = words.includes('SHA256')
      ? createHash('sha256')
          .update(await file('anew.json'))
          .digest('hex')
      : '';
    return words.map((word) => (word === 'age1…' ? own : word === 'SHA256' ? sha256 : word.replace('/etc/uvs', directory)));
  };
  const programs: Readonly<Record<string, (args: readonly string[]) => Promise<{ code: number; out: string; err: string }>>> = {
    upd,
    uvsctl: async (args) => await olga.run(args.map((arg) => (arg.endsWith('.json') ? join(folder, arg) : arg))),
    'uvs-coordinator': async (args) => await node('coordinator/main.ts', [...args, '--dir', directory], folder),
    'uvs-agent': async (args) => await node('agent/main.ts', ['--root', root, ...args], folder),
    cp: async ([from = '', to = '']) => {
      await copyFile(join(folder, from), join(folder, to));
      return { code: 0, out: '', err: '' };
    },
    install: async (args) => {
      await copyFile(join(folder, args.at(-2) ?? ''), args.at(-1) ?? '');
      return { code: 0, out: '', err: '' };
    },
    systemctl: async ([, unit = '']) => {
      if (unit === 'uvs-coordinator') await start();
      return { code: 0, out: '', err: '' };
    },
  };

  const said: string[] = [];
  const commands = commandsOf(await readFile(join(project, 'docs/keys.md'), 'utf8'));
  for (const words of commands) {
    const [program = '', ...args] = await before(words);
    const run = programs[program];
    if (run === undefined) throw new Error(`the test does not know ${program}`);
    const { code, out, err } = await run(args);
    t.equal(code, 0, `${words.join(' ')}: ${err}`);
    said.push(out);
  }
  const all = said.join('\n');
  t.match(all, /vendor keys: 1 of 2 signed; 1 more of/, 'inspect says who is missing');
  t.match(all, /Version +2\n/, 'the cluster has the second version');
  t.equal(await readFile(join(root, 'etc/release'), 'utf8'), '2.14.18', 'the node without a coordinator has the release');
  t.match(JSON.parse((await olga.run(['package-root', 'show', '--json'])).out), { version: 5 }, 'the cluster has begun anew');
  t.match(all, /version 5 counts here in the place of version \d+ from now on/, 'a node that begins anew does so at once');
  const events = (await olga.run(['events', 'list', '--limit', '100'])).out;
  for (const reason of ['wil signs releases', "vic's notebook was stolen", "cem's key is lost"])
    t.match(events, reason, `audited: ${reason}`);
  t.equal((await packageRecipients(directory)).others.length, 0, 'the old identity is retired');
  t.comment(`commands ${commands.length}`);
});
