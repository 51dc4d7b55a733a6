/**
 * What the launcher does to the disk, told as the agents tell theirs: each program that changes anything, and each file that it writes to, before it does.
 * They are found in its text. A command that is known neither to change nor only to look, and a file that is written in an unknown way, are refused, so
 * that none is left out.
 */

/** Programs that change the disk. */
const CHANGES: ReadonlySet<string> = new Set('mv sync truncate rm rmdir mkdir ln cp touch chmod chown dd'.split(' '));

/** Words that begin a command and change nothing by themselves: what they write they write where the shell has them, which is found apart. */
const SHELL =
  'if then else elif fi for while do done case esac { } set shift export unset read return exit break trap wait command exec : [';
const LOOKS: ReadonlySet<string> = new Set(`${SHELL} echo printf kill sleep setsid flock dirname readlink stat head wc grep`.split(' '));

const BEGIN = 'set -u\n';

const TELL = `
tell() { [ -z "\${UVS_TEST_PASS-}" ] || "$UVS_TEST_PASS" "launcher: $*" > /dev/null; }
`;

/** A function in a program's place, which tells which one it is, and the last of its arguments. */
const shim = (program: string): string =>
  `${program}() { for told; do :; done; tell ${program} "\${told##*/}"; command ${program} "$@"; }\n`;

/** A whole command that writes to a file in the state directory, from its own first word to the file. */
const WRITES =
  /(?<=^[ \t]*|[;&|({!] |\b(?:if|then|else|do|while) )(?!(?:if|then|else|do|while) )[a-z:][^;&|\n]*?\d?>>? ?"\$state\/(?<file>[\w.]+)"/gmu;

/** Where anything but a descriptor that is open already is written to; what journald calls `<3>` is none. */
const REDIRECTION = /(?<!<\d|>)>{1,2}(?! ?(?:&|\/dev\/null\b))/gu;

/** What runs a program though a function has its name. */
const PAST_FUNCTIONS = /(?<![$\w-])(?:command|exec|env|nohup|xargs) (?!exec\b|setsid\b)[a-z/][\w/.-]*/u;

/** The launcher with all that it does to the disk told. @throws where anything of it would not be */
export function tellingLauncher(launcher: string): string {
  if (!launcher.includes(BEGIN)) throw new Error('the launcher does not begin as it did: nothing of it would be told');
  const commands = commandsOf(launcher);
  const functions = [...launcher.matchAll(/^(\w+)\(\) \{/gmu)].map(([, name]) => name);
  const unknown = commands.filter((word) => !CHANGES.has(word) && !LOOKS.has(word) && !functions.includes(word));
  if (unknown.length > 0) throw new Error(`nobody knows whether the launcher changes the disk by ${unknown.join(', ')}`);
  const past = PAST_FUNCTIONS.exec(withoutComments(launcher));
  if (past !== null) throw new Error(`"${past[0]}" would not be told`);
  const writes = [...launcher.matchAll(WRITES)].length;
  const redirections = [...withoutComments(launcher).matchAll(REDIRECTION)].length;
  if (writes !== redirections) throw new Error(`of ${redirections} files that the launcher writes ${writes} would be told`);
  const told = launcher.replace(WRITES, (command: string, file: string) => `tell write ${file} && ${command}`);
  const shims = commands.filter((word) => CHANGES.has(word)).map(shim);
  return told.replace(BEGIN, `${BEGIN}${TELL}${shims.join('')}`);
}

/** The first words of all commands of a script, each once; what is in single quotes is a script as well. */
export function commandsOf(script: string): readonly string[] {
  const words = withoutComments(script)
    // text, unless a command is run in it
    .replaceAll(/"[^"$\n]*(?:\$(?!\()[^"$\n]*)*"/gu, '""')
    // what a case compares with stands where a command would
    .replaceAll(/(?<=\bin|;;|^)[ \t]*[^\s()"$;&]+(?: \| [^\s()"$;&]+)*\)/gmu, ' ; ')
    .matchAll(
      /(?<=^|[;&|(`'!]|(?<!\$)\{|(?<![$\w-])(?:if|then|else|elif|do|while|command|exec)\b)[ \t]*(?:\w+=(?:""|[^\s"])*[ \t]+)*(?<word>[a-z[{}/][\w/.-]*|:(?!-))(?![\w-]*=)/gmu,
    );
  return [...new Set([...words].map(({ groups }) => groups?.['word'] ?? ''))];
}

const withoutComments = (script: string): string => script.replaceAll(/(?<=^|\s)#.*$/gmu, '');
