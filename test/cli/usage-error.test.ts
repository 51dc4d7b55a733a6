import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { WITHOUT_RUNNER } from '../support/without-runner.ts';

/** Runs the source of a program, which is what a wrong command line takes. */
function typed(program: 'agent' | 'coordinator', ...args: readonly string[]): { readonly code: number | null; readonly err: string } {
  const [file, ...rest] = [
    ...WITHOUT_RUNNER,
    process.execPath,
    fileURLToPath(new URL(`../../${program}/main.ts`, import.meta.url)),
    ...args,
  ];
  const { status, stderr } = spawnSync(file, rest, { encoding: 'utf8', timeout: 30_000 });
  return { code: status, err: stderr };
}

void t.test('a wrong command line of the daemons is told as by all programs: what is wrong, the reason, and what to do', async (t) => {
  for (const program of ['agent', 'coordinator'] as const) {
    const name = `uvs-${program}`;
    t.strictSame(typed(program, 'run', '--nonsense'), {
      code: 2,
      err: `${name}: unknown option '--nonsense' [INVALID_ARGUMENT]\n\`${name} --help\` lists the commands; every command has --help.\n`,
    });
  }
  t.strictSame(typed('agent', 'trust', 'root.json'), {
    code: 2,
    err: 'uvs-agent: --sha256 <hex> is missing [INVALID_ARGUMENT]\nAdd --sha256 <hex>. `uvs-agent --help` lists the commands; every command has --help.\n',
  });
  t.match(typed('coordinator', 'nonsense').err, /^uvs-coordinator: unknown command 'nonsense' \[INVALID_ARGUMENT\]\n/);
});
