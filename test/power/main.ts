import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { apply } from '../../agent/commands/apply.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { TASK_LOG, TestNode } from '../support/update-node.ts';
import { buildSampleReleases } from '../support/sample-releases.ts';
import { debianKernel, type Kernel } from './kernel.ts';
import { VirtualMachine, type Disks } from './virtual-machine.ts';

/** Cuts the power of a virtual machine in the middle of updates, lets it recover, and compares the whole tree with the old and the new release. */
const { values } = parseArgs({ options: { cuts: { type: 'string', default: '40' } } });
const CUTS = Number(values.cuts);
/** Under emulation on a busy machine. */
const BOOT_DEADLINE_MS = 300_000;
/** Programs that the agent runs here. */
const AGENT_CALLS = ['sync', 'flock', 'setfattr', 'getfattr', 'lsattr'];
const DISK_MEBIBYTES = 96;
const ignored = ['var/lib/uvs-agent', TASK_LOG, 'lost+found'];

interface Outcome {
  readonly kind: 'old' | 'new' | 'mixed';
  readonly agrees: boolean;
  readonly paths: readonly string[];
}

using node = new TestNode(tmpdir());
const kernel = debianKernel();
await buildSampleReleases(node);
const never = new AbortController().signal;
const word = { noSlotReason: 'a test' };
await apply(node.console(), { file: node.packagePath('one'), ...word }, never);
for (const name of ['app', 'other']) appendFileSync(join(node.root, `etc/${name}.conf`), '# by the admin\n');
const programs = await makePrograms();
const fresh = makeImage('node', node.root, DISK_MEBIBYTES);
const old = snapshot(node.root, ignored);
await apply(node.console(), { file: node.packagePath('two'), ...word }, never);
const recent = snapshot(node.root, ignored);

const startMs = performance.now();
const totals: Record<string, number> = {};
for (const [name, points] of [
  ['two', await countPoints('two')],
  ['bad', await countPoints('bad')],
] as const) {
  const cuts = Math.ceil(CUTS / 2);
  for (let cut = 0; cut < cuts; cut += 1) {
    // spread over the whole update; every third time the power fails once more while it recovers
    await tryCut(name, 1 + Math.floor((cut * points) / cuts), cut % 3 === 2 ? 1 + ((cut * 7) % 40) : undefined);
  }
}
const count = (what: string): number => totals[what] ?? 0;
console.log(
  `power cuts ${count('cuts')}, ${count('again')} of them again during recovery, recovered to old ${count('old')}, to new ${count('new')}, ` +
    `mixed ${count('mixed')}; ${((performance.now() - startMs) / 1000).toFixed(0)} s`,
);
const isGood = count('mixed') === 0 && count('old') > 0 && count('new') > 0;
process.exitCode = isGood ? 0 : 1;

/** How many points a whole update passes in the machine. */
async function countPoints(name: string): Promise<number> {
  let points = 0;
  const disks = { node: copyOf(fresh), programs };
  await boot(disks, `apply,${name}`, (line) => {
    if (line.startsWith('@point ')) points += 1;
    return false;
  });
  const { kind } = await recovered(disks);
  if (kind !== (name === 'bad' ? 'old' : 'new')) throw new Error(`without a cut "${name}" ends ${kind}`);
  return points;
}

async function tryCut(name: string, at: number, againAt: number | undefined): Promise<void> {
  const disks = { node: copyOf(fresh), programs };
  let point = '';
  const isAt = (line: string, wanted: number): boolean => {
    const [, number, text = ''] = /^@point (\d+) (.+)/.exec(line) ?? [];
    if (Number(number) !== wanted) return false;
    point = text;
    return true;
  };
  const isCut = await boot(disks, `apply,${name}`, (line) => isAt(line, at));
  if (!isCut) throw new Error(`"${name}" never came to its point ${at}`);
  const first = point;
  // a recovery that has less to do passes fewer points and ends before
  const isCutAgain = againAt !== undefined && (await boot(disks, 'recover', (line) => isAt(line, againAt)));
  const { kind, agrees, paths } = await recovered(disks);
  for (const what of ['cuts', kind, ...(isCutAgain ? ['again'] : [])]) totals[what] = (totals[what] ?? 0) + 1;
  console.log(`${name}: power cut at ${first}${isCutAgain ? ` and again at ${point}` : ''}: ${kind}`);
  if (kind === 'mixed') console.log(paths.filter((path) => !old.includes(path)).join('\n'));
  if (agrees) return;
  totals['mixed'] = (totals['mixed'] ?? 0) + 1;
  console.log('the node remembers another release than it has');
}

/** Starts the machine again, lets the agent recover, and reads the tree. */
async function recovered(disks: Disks): Promise<Outcome> {
  const paths: string[] = [];
  let releaseSeq = 0;
  let isWhole = false;
  const said: string[] = [];
  await boot(disks, 'recover', (line) => {
    said.push(line);
    if (line.startsWith('@path ') && !line.startsWith(`@path ${TASK_LOG} `)) paths.push(line.slice('@path '.length));
    if (line.startsWith('@installed ')) releaseSeq = Number(line.slice('@installed '.length));
    if (line === '@whole') isWhole = true;
    return false;
  });
  if (!isWhole) throw new Error(`the machine did not recover: ${said.slice(-20).join('\n')}`);
  const is = (wanted: readonly string[]): boolean => paths.join('\n') === wanted.join('\n');
  const kind = is(old) ? 'old' : is(recent) ? 'new' : 'mixed';
  return { kind, agrees: releaseSeq === (kind === 'new' ? 2 : 1), paths };
}

async function boot(disks: Disks, order: string, onLine: (line: string) => boolean): Promise<boolean> {
  await using machine = new VirtualMachine(kernel satisfies Kernel, disks, order);
  return await machine.run(onLine, BOOT_DEADLINE_MS);
}

function copyOf(image: string): string {
  const copy = join(node.directory, 'cut.img');
  execFileSync('cp', ['--sparse=always', image, copy]);
  return copy;
}

function makeImage(name: string, tree: string, mebibytes: number): string {
  const image = join(node.directory, `${name}.img`);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', tree, image, `${mebibytes}m`]);
  return image;
}

/** The runtime with its libraries, a shell, the guest's program and the packages. */
async function makePrograms(): Promise<string> {
  const tree = join(node.directory, 'programs');
  for (const folder of ['bin', 'dev', 'node', 'packages', 'proc', 'sys', 'tmp']) mkdirSync(join(tree, folder), { recursive: true });
  const which = (program: string): string => execFileSync('which', [program], { encoding: 'utf8' }).trim();
  for (const program of [process.execPath, ...AGENT_CALLS.map(which)]) {
    copyFileSync(program, join(tree, 'bin', basename(program)));
    for (const [library = ''] of execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/\/\S+/g)) {
      mkdirSync(join(tree, dirname(library)), { recursive: true });
      copyFileSync(library, join(tree, library));
    }
  }
  copyFileSync(which('busybox'), join(tree, 'bin/busybox'));
  for (const name of ['sh', 'cat', 'mkdir', 'sleep']) symlinkSync('busybox', join(tree, 'bin', name));
  const entry = fileURLToPath(new URL('guest.ts', import.meta.url));
  const outfile = join(tree, 'guest.mjs');
  await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' });
  writeFileSync(join(tree, 'guest'), '#!/bin/sh\nexport PATH=/bin\nnode /guest.mjs 2>&1\n');
  chmodSync(join(tree, 'guest'), 0o755);
  for (const name of ['two', 'bad']) copyFileSync(node.packagePath(name), join(tree, 'packages', `${name}.upd`));
  copyFileSync(node.rootFile, join(tree, 'packages/root.json'));
  return makeImage('programs', tree, 300);
}
