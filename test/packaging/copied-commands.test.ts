import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** A command with what it is about, as a hint has it to be copied; what follows it is in the same sentence. */
const command =
  /uvsctl (?:nodes (?:cordon|uncordon|remove|write-off)|slots release|rollouts (?:pause|approve|abort)|credentials withdraw) (?:\$\{|[A-Z])[^\n`'"]*/gu;

/** Pieces of one string count as one. */
function commandsIn(source: string): readonly string[] {
  const whole = source.replaceAll(/[`'] \+\n\s*[`']/gu, '');
  return [...whole.matchAll(command)].map(([found]) => found);
}

/** Commands in a source that end in an error about a missing reason when they are copied. */
function incomplete(source: string): readonly string[] {
  return commandsIn(source).filter((found) => found.split('uvsctl ').some((part, at) => at > 0 && !part.includes('--reason')));
}

void t.test('a command that a hint gives to copy has the reason that it cannot go without', async (t) => {
  let commands = 0;
  for (const path of globSync('{agent,coordinator,cli,common}/**/*.ts', { cwd: project })) {
    const source = readFileSync(join(project, path), 'utf8');
    commands += commandsIn(source).length;
    t.strictSame(incomplete(source), [], path);
  }
  t.ok(commands > 10, `${commands} commands`);
});

void t.test('one that lacks it is found', async (t) => {
  t.strictSame(incomplete('`uvsctl slots release ${name} --force.`'), ['uvsctl slots release ${name} --force.']);
  t.strictSame(incomplete("`uvsctl nodes remove ${name} ` +\n  '--reason TEXT'"), []);
});
