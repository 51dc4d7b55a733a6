import type { Gate } from '../../coordinator/ports.ts';

/** Why not; undefined is a yes. */
type NoTo = () => Promise<string | undefined> | string | undefined;

/** A gate that waits and answers as a test wants it, and tells what it was asked. */
export function scriptedGate(): { gate: Gate; asked: string[]; answers: Map<string, NoTo> } {
  const asked: string[] = [];
  const answers = new Map<string, NoTo>();
  const gate: Gate = {
    name: 'scripted',
    kind: 'command',
    ask: async ({ moment, node, begun }) => {
      const question = `${moment} ${node.hostname} [${begun.map((each) => each.hostname).join(' ')}]`;
      asked.push(question);
      const no = await answers.get(question)?.();
      return { isYes: no === undefined, message: no ?? '' };
    },
  };
  return { gate, asked, answers };
}
