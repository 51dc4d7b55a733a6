import type { Command } from 'commander';
import { safeLine } from '../common/safe-text.ts';

/**
 * Refuses a word that is no command where it stands, with what may have been meant: the command of that name in whichever group has it, before
 * one that is only written alike ("pause" is `rollouts pause`, and by no means `push`).
 */
export function refuseUnknownCommands(program: Command): void {
  for (const place of [program, ...program.commands.filter(({ commands }) => commands.length > 0)]) {
    place.on('command:*', ([word = '']: readonly string[]) => {
      const meant = suggestions(program, place, word).map((path) => `\`${path}\``);
      const question = meant.length === 0 ? '' : `\nDid you mean ${meant.length > 1 ? 'one of ' : ''}${meant.join(', ')}?`;
      place.error(`error: unknown command '${safeLine(word)}'${question}`, { code: 'commander.unknownCommand' });
    });
  }
}

interface Known {
  /** As it is typed: "uvsctl nodes cordon". */
  readonly path: string;
  readonly names: readonly string[];
}

/** Command lines that may have been meant by a word, the best kind of match only. */
function suggestions(program: Command, place: Command, word: string): readonly string[] {
  const everywhere = commandsBelow(program, program.name());
  const here = place === program ? everywhere : commandsBelow(place, `${program.name()} ${place.name()}`);
  const matching = (known: readonly Known[], edits: number): string[] =>
    known.filter(({ names }) => names.some((name) => isWithin(edits, word, name))).map(({ path }) => path);
  const mostEdits = word.length < 5 ? 1 : 2;
  const tries = [matching(everywhere, 0)];
  for (let edits = 1; edits <= mostEdits; edits += 1) tries.push(matching(here, edits), matching(everywhere, edits));
  return tries.find((found) => found.length > 0) ?? [];
}

function commandsBelow(command: Command, path: string): Known[] {
  return command.commands.flatMap((sub) => {
    const own = { path: `${path} ${sub.name()}`, names: [sub.name(), ...sub.aliases()] };
    return [own, ...commandsBelow(sub, own.path)];
  });
}

/** Whether so many insertions, deletions, substitutions and swaps of neighbours make one word of the other. */
function isWithin(edits: number, word: string, other: string): boolean {
  if (word === other) return true;
  const [restOfWord, restOfOther] = [word.slice(1), other.slice(1)];
  if (word[0] === other[0]) return isWithin(edits, restOfWord, restOfOther);
  if (edits === 0) return false;
  const isSwapped = word[0] === other[1] && word[1] === other[0];
  return (
    isWithin(edits - 1, restOfWord, other) ||
    isWithin(edits - 1, word, restOfOther) ||
    isWithin(edits - 1, restOfWord, restOfOther) ||
    (isSwapped && isWithin(edits - 1, word.slice(2), other.slice(2)))
  );
}
