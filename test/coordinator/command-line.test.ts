import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const main = fileURLToPath(new URL('../../coordinator/main.ts', import.meta.url));

/** What a command line that ends in an error says. */
function complaint(...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { timeout: 60_000 }, (_error, _out, err) => resolve(err));
  });
}

void t.test('a command is suggested only where it is like what was typed', async (t) => {
  t.match(await complaint('inti'), 'Did you mean `uvs-coordinator init`?');
  t.notMatch(await complaint('nix'), 'Did you mean');
});

void t.test('where no configuration is, the option is named that the command has', async (t) => {
  t.match(await complaint('package-identity', 'show', '--dir', '/nowhere'), "Name a coordinator's folder with --dir.");
  t.match(await complaint('run', '--config', '/nowhere/c.toml'), 'Name it with --config.');
});
