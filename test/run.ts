/**
 * Runs the everyday suite, with --slow what takes minutes by itself (`*.slow.test.ts`), with --arm64 the agent's own tests on an emulated arm64,
 * or the files named as arguments, among them what takes the better part of an hour and has a target of its own (`*.long.test.ts`), with tap;
 * prints one line per file with what the file measured, the whole report of a file that failed, and at the end the line `N passed, N failed`,
 * by which it exits.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { emulatedNode } from './arm64/emulated-node.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const env = {
  ...process.env,
  ...(process.argv[2] === '--arm64' ? emulatedNode() : {}),
  // what Node has made of the sources before: each test, and each agent that one starts and kills, would read and compile all of them anew
  NODE_COMPILE_CACHE: `${root}.tap/compile-cache`,
};

async function tap(args: readonly string[], onLine: (line: string) => void): Promise<number> {
  const child = spawn(process.execPath, [`${root}node_modules/tap/dist/esm/run.mjs`, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  return child.exitCode ?? (await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1))));
}

/** The agent's own tests, all that are not slow: `--arm64` runs them emulated. */
const AGENT_TESTS = 'test/agent/**/*.test.ts';

/** Slow and long files are known by their names, so that nobody has to keep a list of them. */
function filesToRun(args: readonly string[]): readonly string[] {
  const isSlowWanted = args[0] === '--slow';
  const named = args.filter((arg) => arg !== '--slow' && arg !== '--arm64');
  const absent = named.find((file) => !existsSync(`${root}${file}`));
  if (absent !== undefined) throw new Error(`there is no test ${absent}`); // tap passes over it where others are there
  if (named.length > 0) return named;
  return globSync(args[0] === '--arm64' ? AGENT_TESTS : 'test/**/*.test.ts', { cwd: root })
    .filter((file) => file.endsWith('.slow.test.ts') === isSlowWanted && !file.endsWith('.long.test.ts'))
    .toSorted();
}

/** Prints a file's block when its closing line has come. */
class Report {
  summary = '';
  #block: string[] = [];

  add(line: string): void {
    if (line.startsWith('# { total:')) this.summary = line;
    const closing = /^(not )?ok \d+ - (.*?)(?: # time=([\d.]+)ms.*)?$/.exec(line.replace(/ \{$/, ''));
    if (closing === null) {
      this.#block.push(line);
      return;
    }
    const [, failed, file, ms] = closing;
    if (failed === undefined) {
      console.log(`ok     ${file} (${(Number(ms ?? 0) / 1000).toFixed(1)} s)`);
      for (const measured of this.#block.filter((line) => /^\s+# (?!time=|Subtest|\{)/.test(line)))
        console.log(`       ${measured.trim()}`);
    } else {
      console.log(`FAILED ${file}\n${this.#block.join('\n')}\n${line}`);
    }
    this.#block = [];
  }

  count(field: string): number {
    return Number(new RegExp(`\\b${field}: (\\d+)`).exec(this.summary)?.[1] ?? 0);
  }
}

/** tap compiles its test class from the plugins in .taprc, which takes ten seconds: done once for each installation of it and each .taprc. */
async function buildTestClass(): Promise<void> {
  const mark = `${root}node_modules/@tapjs/test/built-for`;
  const settings = readFileSync(`${root}.taprc`, 'utf8');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === settings) return;
  if ((await tap(['build'], () => {})) !== 0) throw new Error('tap could not build its test class');
  writeFileSync(mark, settings);
}

await buildTestClass();
const report = new Report();
// many of the everyday files wait more than they compute; the slow ones measure time, or use all of a processor
const jobs = process.argv[2] === '--slow' ? ['--jobs=2'] : [];
const exitCode = await tap(['run', '--reporter=tap', ...jobs, ...filesToRun(process.argv.slice(2))], (line) => report.add(line));

const passed = report.count('pass');
const skipped = report.count('skip') + report.count('todo');
let failed = report.count('fail');
if (failed === 0 && (exitCode !== 0 || passed === 0)) failed = 1;
// What does not run on the machine that decides proves nothing.
if (process.env['CI'] === 'true') failed += skipped;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
