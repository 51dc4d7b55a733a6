import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

t.setTimeout(300_000);
const project = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** The sources, and the libraries by hard links, as another checkout has them. */
function checkout(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of ['agent', 'cli', 'common', 'coordinator', 'docs', 'packaging', 'proto', 'systemd'])
    cpSync(join(project, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  for (const name of ['package.json', 'package-lock.json', 'README.md', 'CHANGELOG.md', 'tsconfig.json'])
    cpSync(join(project, name), join(folder, name));
  execFileSync('cp', ['-al', join(project, 'node_modules'), join(folder, 'node_modules')], { timeout: 60_000 });
}

/** Builds programs and packages there, by a shell that is set up so. Returns the digest of each package. */
async function build(folder: string, before: string, env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
  const out = join(folder, 'out');
  const script = `${before}; node packaging/build.ts && node packaging/manual.ts && node packaging/packages.ts`;
  const set = { ...process.env, OUT: out, COMPRESSION: 'fast', ...env };
  await run('bash', ['-ec', script], { cwd: folder, env: set, timeout: 240_000 });
  const digest = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(out, name)))
      .digest('hex');
  return Object.fromEntries(readdirSync(out).map((name) => [name, digest(name)]));
}

void t.test(
  'the same sources give the same packages, for amd64 and arm64, wherever, whenever and by whomever they are built',
  async (t) => {
    // on the file system of the libraries: they are linked
    mkdirSync(join(project, 'dist'), { recursive: true });
    const folder = mkdtempSync(join(project, 'dist/reproducible-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const [here, elsewhere] = [join(folder, 'here'), join(folder, 'some/where/else')];
    checkout(here);
    checkout(elsewhere);
    const first = await build(here, 'umask 022', { TZ: 'UTC', LC_ALL: 'C.UTF-8' });
    const other = {
      TZ: 'Pacific/Auckland',
      LC_ALL: 'C',
      HOME: folder,
      USER: 'somebody',
      HOSTNAME: 'elsewhere',
      DONT_FAKE_MONOTONIC: '1',
    };
    const second = await build(elsewhere, 'umask 077; node() { faketime -f +400d "$(type -P node)" "$@"; }', other);
    t.equal(Object.keys(first).length, 11, Object.keys(first).join(' '));
    t.same(second, first);
  },
);
