import { readFile } from 'node:fs/promises';
import t from 'tap';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { makeProgram } from '../../../cli/uvsctl/program.ts';
import { rolloutExitCodes } from '../../../cli/uvsctl/rollouts/exit-codes.ts';

const reference = await readFile(new URL('../../../docs/uvsctl.md', import.meta.url), 'utf8');

await t.test('the reference names every reason with its exit code, and every command with an example', async (t) => {
  for (const [reason, code] of Object.entries(exitCodes)) t.match(reference, new RegExp(`^\\| ${code} \\|.*\\b${reason}\\b`, 'm'), reason);
  for (const code of Object.values(rolloutExitCodes)) t.match(reference, new RegExp(`^\\| ${code} \\|`, 'm'), `rollout ${code}`);
  const program = makeProgram(() => async () => undefined, '0');
  for (const group of program.commands) {
    const names = group.commands.length === 0 ? [group.name()] : group.commands.map((command) => `${group.name()} ${command.name()}`);
    // "uvsctl join-tokens list`, `revoke …" is one row for two.
    for (const name of names) t.match(reference, new RegExp(`uvsctl ${name}|uvsctl ${group.name()} .*\`${name.split(' ')[1]} `), name);
  }
});
