import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { buildPackages } from '../support/packages.ts';

t.setTimeout(300_000);
const folder = mkdtempSync(join(tmpdir(), 'uvs-lintian-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const isHere = (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(join(directory, 'lintian')));
if (!isHere && process.env['CI'] === 'true') throw new Error('there is no lintian: make deps installs it');

void t.test("Debian's own checks find no error in any package", { skip: isHere ? false : 'there is no lintian' }, async (t) => {
  const debs = await buildPackages(folder, { env: { FORMAT: 'deb' } });
  const said = await new Promise<string>((resolve) => {
    execFile('lintian', ['--no-cfg', '--allow-root', ...debs.values()], { timeout: 240_000 }, (_error, out, err) => resolve(out + err));
  });
  const lines = said.trimEnd().split('\n');
  t.same(
    lines.filter((line) => !/^[WIN]: /u.test(line) && line !== ''),
    [],
  );
  t.comment(`${lines.filter((line) => line.startsWith('W: ')).length} warnings`);
});
