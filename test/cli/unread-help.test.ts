import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const run = promisify(execFile);
const programs = ['cli/uvsctl', 'cli/upd', 'agent', 'coordinator'].map((folder) =>
  fileURLToPath(new URL(`../../${folder}/main.ts`, import.meta.url)),
);

for (const program of programs) {
  await t.test(`${program.split('/').slice(-3).join('/')}: a missing command exits 2 also where nobody reads the help`, async (t) => {
    const script = '"$0" "$1" 2>&1 | true; echo "${PIPESTATUS[0]}"';
    const { stdout } = await run('bash', ['-c', script, process.execPath, program], { timeout: 60_000 });
    t.equal(stdout, '2\n');
  });
}
