import type { Argument, Command, Option } from 'commander';
import { allOf, readCommand, type CommandNode } from './command-tree.ts';

/** Names of values that are files, as the programs call them in their help. */
const FILES = new Set(['file', 'spec', 'chain', 'copies', 'from', 'key', 'pub']);
const DIRECTORIES = new Set(['dir']);

/** Writes the completion of a program for bash: commands, options, and the values that are choices, files or directories. */
export function bashCompletion(program: Command): string {
  const root = readCommand(program);
  const nodes = allOf(root);
  const name = `_${program.name().replaceAll('-', '_')}`;
  const inherited = root.options;
  const valued = (node: CommandNode): readonly Option[] =>
    optionsOf(node, inherited).filter((option) => option.required || option.optional);
  return `# Completion of ${program.name()} for bash, made of the program's own command line when it is built.
${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev= path='${root.path.join(' ')}' word= value= at
  local commands= options= values=
  COMPREPLY=()
  # the command that is meant, and the option whose value comes
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    # bash splits --option=value in three
    [ "$word" = = ] && continue
    if [ -n "$value" ]; then
      value=
      continue
    fi
    case "$path $word" in
${nodes.flatMap((node) => node.commands.map(enter)).join('\n')}
      *' -'*) ${name}_value "$path $word" && value=$word ;;
    esac
  done
  [ "$cur" = = ] && cur=
  case "$path" in
${nodes.map((node) => describe(node, inherited)).join('\n')}
  esac
  if [ -n "$value" ]; then
    ${name}_value "$path $value"
  elif [[ $cur == -* ]]; then
    values=$options
  else
    values=\${commands:-$values}
  fi
  case $values in
    @files) mapfile -t COMPREPLY < <(compgen -f -- "$cur") && compopt -o filenames 2>/dev/null ;;
    @directories) mapfile -t COMPREPLY < <(compgen -d -- "$cur") && compopt -o filenames 2>/dev/null ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur") ;;
  esac
}

# Says in values what an option takes; fails where it takes nothing.
${name}_value() {
  case "$1" in
${nodes.flatMap((node) => valued(node).map((option) => value(node, option))).join('\n')}
    *) return 1 ;;
  esac
}

complete -F ${name} ${program.name()}
`;
}

/** What may be said before a command may be said behind it as well. */
function optionsOf(node: CommandNode, inherited: readonly Option[]): readonly Option[] {
  return [...new Map([...inherited, ...node.options].map((option) => [option.long ?? option.flags, option])).values()];
}

function enter(node: CommandNode): string {
  const above = node.path.slice(0, -1).join(' ');
  const patterns = [node.path.at(-1) ?? '', ...node.aliases].map((name) => `'${above} ${name}'`);
  return `      ${patterns.join(' | ')}) path='${node.path.join(' ')}' ;;`;
}

function describe(node: CommandNode, inherited: readonly Option[]): string {
  const commands = node.commands.map(({ path }) => path.at(-1) ?? '').join(' ');
  const options = optionsOf(node, inherited)
    .map(({ long, short }) => long ?? short ?? '')
    .join(' ');
  const [kind = ''] = node.arguments.map(kindOf).filter((one) => one !== '');
  return `    '${node.path.join(' ')}') commands='${commands}' options='${options}' values='${kind}' ;;`;
}

function value(node: CommandNode, option: Option): string {
  const patterns = [option.long, option.short].flatMap((name) => (name === undefined ? [] : [`'${node.path.join(' ')} ${name}'`]));
  return `    ${patterns.join(' | ')}) values='${kindOf(option)}' ;;`;
}

/** Choices as words, or what bash is to look for; empty where only the operator knows. */
function kindOf(item: Argument | Option): string {
  if (item.argChoices !== undefined) return item.argChoices.join(' ');
  const name = 'flags' in item ? (/[<[]([^\]>]+)[\]>]/u.exec(item.flags)?.[1] ?? '') : item.name();
  const kinds = name.replace(/\.\.\.$/u, '').split('|');
  if (kinds.some((kind) => FILES.has(kind))) return '@files';
  return kinds.some((kind) => DIRECTORIES.has(kind)) ? '@directories' : '';
}
