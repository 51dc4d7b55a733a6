/**
 * What an operator types on a node whose operation needs one, once the node is in order. The agent that runs has its state: without the stop it is refused.
 * @param root that the node's agent manages, where that is known
 */
export function acceptCommands(operation: string, root = '/'): string {
  // each whole, as the guides quote it
  if (root === '/') return `systemctl stop uvs-agent; uvs-agent recover --accept ${operation} --reason TEXT; systemctl start uvs-agent`;
  // what runs the agent of another root, nobody knows here: the unit's agent is another one
  return `stop the agent of ${root}; ${agentCommand(root)} recover --accept ${operation} --reason TEXT; ${startAgent(root)}`;
}

/** Between why an operation needs an operator and what to type. */
export const ADVICE = ': see that the node is in order, then, on it: ';

const TYPED =
  /: (?:see that the node is in order, then|once it is in order), on it: .*? recover --accept \S+ --reason TEXT; (?:systemctl start uvs-agent|uvs-agent --root (?:'[^']*'|\S+) run)/gu;

/** The same sentence for a line of a table: why, and where what to type is said. */
export function withoutCommands(text: string): string {
  return text.replaceAll(TYPED, ' ("uvsctl nodes show" says what to type there)');
}

/** What starts the agent of a root; of another root than the system's no unit is known. */
export function startAgent(root: string): string {
  return root === '/' ? 'systemctl start uvs-agent' : `${agentCommand(root)} run`;
}

/** How a command of the agent of a root begins. */
export function agentCommand(root: string): string {
  return root === '/' ? 'uvs-agent' : `uvs-agent --root ${quoted(root)}`;
}

/** As a shell reads it as one word. */
function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
