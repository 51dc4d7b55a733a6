import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import t from 'tap';
import { bashCompletion } from '../../packaging/manual/completion.ts';
import { manualPage } from '../../packaging/manual/manual-page.ts';
import { SECTIONS } from '../../packaging/manual/sections.ts';

const manual = fileURLToPath(new URL('../../dist/uvs/manual', import.meta.url));
const bin = fileURLToPath(new URL('../../dist/uvs/bin', import.meta.url));
/** Bold is a letter over itself. */
const BACKSPACE = '\b';
const hasMandoc = spawnSync('mandoc', ['-V']).error === undefined;
if (!hasMandoc && process.env['CI'] === 'true') throw new Error('there is no mandoc: make deps installs it');

/** What bash offers for the last of these words, by the completion of a program. */
function offered(script: string, words: readonly string[], directory: string = manual): readonly string[] {
  const program = words[0] ?? '';
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const text = `${script}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}
$(complete -p ${program} | sed -E 's/.*-F ([^ ]+) .*/\\1/'); printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-c', text], { encoding: 'utf8', cwd: directory, timeout: 20_000 });
  return out
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
}

const completionOf = (program: string): string => readFileSync(join(manual, `${program}.bash`), 'utf8');
const complete = (...words: readonly string[]): readonly string[] => offered(completionOf(words[0] ?? ''), words);

void t.test('each command and option of every help is in the manual page, and nothing of this machine', async (t) => {
  for (const [program, section] of Object.entries(SECTIONS)) {
    const page = readFileSync(join(manual, `${program}.${section}`), 'utf8').replaceAll('\\-', '-');
    const help = execFileSync(join(bin, program), ['--help'], { encoding: 'utf8', timeout: 20_000 });
    const [, list = ''] = /^Commands:\n([^]*?)\n\n/mu.exec(`${help}\n\n`) ?? [];
    const commands = [...list.matchAll(/^ {2}([a-z][a-z-]*)/gmu)].map(([, name = '']) => name).filter((name) => name !== 'help');
    t.ok(commands.length > 4, `${program}: ${commands.join(' ')}`);
    for (const command of commands) t.match(page, `.SS "${program} ${command}`, `${program} ${command}`);
    for (const [, option = ''] of help.matchAll(/^ {2}.*?(--[a-z-]+)/gmu)) t.match(page, option, `${program} ${option}`);
    t.notMatch(page, hostname().length > 3 ? hostname() : 'no name that could be looked for');
  }
});

void t.test('mandoc has no warning about any page', { skip: hasMandoc ? false : 'there is no mandoc' }, async (t) => {
  for (const [program, section] of Object.entries(SECTIONS)) {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', join(manual, `${program}.${section}`)], { encoding: 'utf8' });
    t.equal(stdout, '', program);
  }
});

void t.test(
  'what a program says is text in its page, whatever it begins with',
  { skip: hasMandoc ? false : 'there is no mandoc' },
  async (t) => {
    const program = new Command('odd')
      .description('.SH is no heading, nor is \\fB bold')
      .addOption(new Option('--path <file>', "'tis a back\\slash"));
    program.addHelpText('after', '\nProse\nof two lines.\n\n  .an example\n\n  its end\nmore');
    const page = manualPage(program, { section: 1, version: '1', date: '2020-01-01', others: ['x(1)'] });
    const shown = execFileSync('mandoc', ['-T', 'utf8'], { input: page, encoding: 'utf8' }).replaceAll(
      new RegExp(`.${BACKSPACE}`, 'gu'),
      '',
    );
    for (const text of ['.SH is no heading, nor is \\fB bold', "'tis a back\\slash", 'Prose of two lines.', '.an example\n'])
      t.match(shown, text);
    t.equal(spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], { input: page, encoding: 'utf8' }).stdout, '');
  },
);

void t.test('bash completes commands, those of groups, and their aliases', async (t) => {
  t.same(complete('uvsctl', 'rollo'), ['rollouts']);
  t.ok(complete('uvsctl', 'nodes', '').includes('cordon'));
  t.same(complete('uvsctl', 'node', 'cor'), ['cordon'], 'by the other name of the group');
  t.same(complete('upd', 'root', 'in'), ['init']);
  t.same(complete('uvs-agent', '--root', '/tmp', 'app'), ['apply'], 'the value of an option is no command');
  t.same(complete('uvs-agent', '--root', '=', 'apply', 'stat'), ['status'], 'nor where bash has split it');
  t.notOk(complete('uvs-agent', '').includes('take-over'), 'what is hidden stays so');
});

void t.test('bash completes options, their choices, and files where a file is meant', async (t) => {
  t.same(complete('uvs-coordinator', 'init', '--etcd-p'), ['--etcd-port']);
  t.same(complete('uvs-coordinator', 'init', '--etcd', ''), ['embedded', 'external']);
  t.same(complete('uvs-coordinator', 'init', '--etcd', '=', 'ex'), ['external']);
  t.ok(complete('uvsctl', 'nodes', 'list', '--js').includes('--json'), 'what every command takes');
  t.same(complete('uvs-agent', 'apply', 'uvsctl.'), ['uvsctl.1', 'uvsctl.bash']);
  t.same(complete('upd', 'build', '-o', 'uvs-agent.'), ['uvs-agent.8', 'uvs-agent.bash']);
  t.same(complete('uvsctl', 'nodes', 'show', 'u'), [], 'no file is a node');
});

void t.test('files whose names have spaces in them are offered whole', async (t) => {
  const directory = t.testdir({ 'a release.upd': '' });
  t.same(offered(completionOf('uvs-agent'), ['uvs-agent', 'apply', 'a'], directory), ['a release.upd']);
  const choices = new Command('odd').addOption(new Option('--kind <kind>').choices(['one', 'other']));
  t.same(offered(bashCompletion(choices), ['odd', '--kind', 'o']), ['one', 'other']);
});
