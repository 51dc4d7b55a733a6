import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { launcherSource } from '../support/agent-versions.ts';
import { commandsOf, tellingLauncher } from './launcher-points.ts';

const launcher = readFileSync(launcherSource, 'utf8');
const withMore = (line: string): string => launcher.replace('give_up() {', `more() { ${line}; }\ngive_up() {`);

void t.test('all that the launcher does to the disk is told before it is done', (t) => {
  const told = tellingLauncher(launcher);
  execFileSync('sh', ['-n'], { input: told });
  for (const program of ['mv', 'sync', 'truncate']) t.match(told, `\n${program}() {`);
  t.match(told, /^ {2}tell write handover\.reason\.new && printf /mu);
  t.match(told, /^ {2}if tell write handover\.starts && echo start >> /mu);
  t.match(told, /^ {2}tell write handover\.lock && command exec 9>> /mu);
  t.equal([...told.matchAll(/\btell write /gu)].length, 3);
  t.end();
});

void t.test('a program that it comes to run, or a file that it comes to write, is told, or refused where nobody knows', (t) => {
  t.match(tellingLauncher(withMore('rm -f "$state/handover.failed"')), '\nrm() {');
  t.match(tellingLauncher(withMore('[ -z "$1" ] || touch "$state/x"')), '\ntouch() {');
  t.match(tellingLauncher(withMore('stands failed && : > "$state/handover.new"')), 'stands failed && tell write handover.new && : > ');
  for (const [line, refusal] of [
    ['install -m 600 a "$state/a"', /changes the disk by install/],
    ['x=$(perl -e unlink)', /changes the disk by perl/],
    ['if ! rename a b; then return; fi', /changes the disk by rename/],
    ['/bin/rm "$state/a"', /changes the disk by \/bin\/rm/],
    ['command rm "$state/a"', /"command rm" would not be told/],
    ['echo "a;b" > "$state/a"', /of 4 files that the launcher writes 3 would be told/],
    ['cat "$1" > "$2"', /by cat/],
    ['echo x > "$2"', /of 4 files that the launcher writes 3 would be told/],
    ['echo x >> /var/lib/x', /of 4 files that the launcher writes 3 would be told/],
  ] as const)
    t.throws(() => tellingLauncher(withMore(line)), refusal, line);
  t.end();
});

void t.test('the first words of all commands are found, and no text, pattern or variable', (t) => {
  const script = `a; b "c; d" && e || ! f $(g "$(h "$i")") | j # k
case $l in m | n) o ;; p) q="r; s" t=u v ;; esac
trap 'w=x; y "$z"' TERM
`;
  t.strictSame(commandsOf(script), ['a', 'b', 'e', 'f', 'g', 'h', 'j', 'case', 'o', 'v', 'esac', 'trap', 'y']);
  t.end();
});
