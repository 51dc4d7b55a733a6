/**
 * Runs the everyday suite, with --slow what takes minutes by itself (`*.slow.test.ts`), with --arm64 the agent's own tests on an emulated arm64,
 * or the files named as arguments, among them what takes the better part of an hour and has a target of its own (`*.long.test.ts`), with tap;
 * prints one line per file with what the file measured, the whole report of a file that failed, and at the end what failed and the line
 * `N passed, N failed`, by which it exits. Of many files one or two that failed have to pass three times in a row, each by itself.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { emulatedNode } from './arm64/emulated-node.ts';
import { TapReport } from './support/tap-report.ts';

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

/** Where more files fail than these, it was not by chance. */
const MOST_BY_CHANCE = 2;
/** How often in a row such a file has to pass by itself. */
const TIMES_AGAIN = 3;

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

/** tap compiles its test class from the plugins in .taprc, which takes ten seconds: done once for each installation of it and each .taprc. */
async function buildTestClass(): Promise<void> {
  const mark = `${root}node_modules/@tapjs/test/built-for`;
  const settings = readFileSync(`${root}.taprc`, 'utf8');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === settings) return;
  if ((await tap(['build'], () => {})) !== 0) throw new Error('tap could not build its test class');
  writeFileSync(mark, settings);
}

/** Runs files and prints what comes of each. */
async function runAll(
  files: readonly string[],
  more: readonly string[] = [],
): Promise<{ readonly report: TapReport; readonly exitCode: number }> {
  const report = new TapReport();
  const exitCode = await tap(['run', '--reporter=tap', ...more, ...files], (line) => {
    for (const each of report.add(line)) console.log(each);
  });
  return { report, exitCode };
}

/**
 * Runs again, each by itself, what failed beside others: on a machine that is too busy for real etcds, Cephs and booted nodes with all their
 * times, one of a thousand checks fails by chance. What is broken, or fails every other time, does not pass three times in a row; what does is
 * named at the end, for somebody to mend.
 * @returns how many checks failed again
 */
async function runAgain({ failed }: TapReport): Promise<number> {
  const unsteady: string[] = [];
  let failedAgain = 0;
  for (const { file } of failed) {
    console.log(`\n${file} failed; by itself, ${TIMES_AGAIN} times:`);
    const failures = await failuresOfSeveral(file);
    if (failures === 0) unsteady.push(file);
    failedAgain += failures;
  }
  for (const file of unsteady) console.log(`UNSTEADY ${file}: failed beside others, and passed ${TIMES_AGAIN} times by itself`);
  return failedAgain;
}

/** Failures of the first run of a file that does not pass; 0 where all of them pass. */
async function failuresOfSeveral(file: string): Promise<number> {
  for (let time = 0; time < TIMES_AGAIN; time += 1) {
    const { report, exitCode } = await runAll([file]);
    if (exitCode !== 0 || report.count('pass') === 0) return Math.max(1, report.count('fail'));
  }
  return 0;
}

await buildTestClass();
// many of the everyday files wait more than they compute; the slow ones measure time, or use all of a processor
const jobs = process.argv[2] === '--slow' ? ['--jobs=2'] : [];
const files = filesToRun(process.argv.slice(2));
const { report, exitCode } = await runAll(files, jobs);

const passed = report.count('pass');
const skipped = report.count('skip') + report.count('todo');
let failed = report.count('fail');
if (failed === 0 && (exitCode !== 0 || passed === 0)) failed = 1;
for (const { file, failures } of report.failed) console.log(`\nFAILED ${file}\n${failures.join('\n')}`);
const areFiles = report.failed.every(({ file }) => files.includes(file)); // tap tells of its own timeout in the same way
if (report.failed.length > 0 && report.failed.length <= MOST_BY_CHANCE && files.length > 1 && areFiles) failed = await runAgain(report);
// What does not run on the machine that decides proves nothing.
if (process.env['CI'] === 'true') failed += skipped;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
