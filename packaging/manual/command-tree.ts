import type { Argument, Command, Option } from 'commander';

/** A command as the manual and the completion tell of it. */
export interface CommandNode {
  /** From the program's name on. */
  readonly path: readonly string[];
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly usage: string;
  readonly arguments: readonly Argument[];
  readonly options: readonly Option[];
  readonly commands: readonly CommandNode[];
  /** What its help says after the lists; empty where it says nothing. */
  readonly notes: string;
}

/** Reads a command and all below it, but for what its own help hides. */
export function readCommand(command: Command, above: readonly string[] = []): CommandNode {
  const help = command.createHelp();
  const path = [...above, command.name()];
  return {
    path,
    aliases: command.aliases(),
    summary: command.description(),
    usage: help.commandUsage(command),
    arguments: help.visibleArguments(command),
    options: help.visibleOptions(command),
    commands: help
      .visibleCommands(command)
      .filter((each) => each.name() !== 'help')
      .map((each) => readCommand(each, path)),
    notes: notesOf(command),
  };
}

/** A command, then all below it. */
export function allOf(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(allOf)];
}

/** Commander only writes what is added to a help: it is what comes after that. */
function notesOf(command: Command): string {
  const written: string[] = [];
  command.configureOutput({ writeOut: (text) => written.push(text) });
  command.outputHelp();
  const [, notes = ''] = written.join('').split(command.helpInformation());
  return notes.trim();
}
