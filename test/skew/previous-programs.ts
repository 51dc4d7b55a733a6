import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));
const BUILD_MS = 120_000;

/** The commit that counts as N−1; it is moved to what was released at every release. */
export const previousCommit = readFileSync(new URL('previous-commit', import.meta.url), 'utf8').trim();

/** Builds the programs of that commit, once for a checkout. Returns the folder that has them in bin/. @throws Error saying what is missing */
export function previousPrograms(): string {
  const cache = join(project, '.cache');
  const built = join(cache, `previous-${previousCommit.slice(0, 12)}`);
  if (existsSync(join(built, 'bin'))) return built;
  try {
    execFileSync('git', ['cat-file', '-e', `${previousCommit}^{commit}`], { cwd: project, stdio: 'pipe' });
  } catch (cause) {
    const what = `this clone has no commit ${previousCommit}, whose programs are tried with those of now (test/skew/previous-commit)`;
    throw new Error(`${what}: clone with the whole history, or git fetch --unshallow`, { cause });
  }
  mkdirSync(cache, { recursive: true });
  const tree = mkdtempSync(join(cache, 'previous-new-'));
  try {
    const archive = execFileSync('git', ['archive', previousCommit], { cwd: project, maxBuffer: 256 * 1024 * 1024 });
    execFileSync('tar', ['-C', tree, '-xf', '-'], { input: archive });
    // no symlink: what is bundled finds its files by where its libraries really are
    execFileSync('cp', ['-al', join(project, 'node_modules'), join(tree, 'node_modules')]);
    execFileSync(process.execPath, ['packaging/build.ts'], { cwd: tree, timeout: BUILD_MS, stdio: 'pipe' });
    renameSync(join(tree, 'dist/uvs'), built);
  } catch (error) {
    if (!existsSync(join(built, 'bin'))) throw error; // else somebody else was quicker
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
  return built;
}
