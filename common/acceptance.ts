/**
 * What an operator types on a node whose operation needs one, once the node is in order. The agent that runs has its state: without the stop it is refused.
 * @param root that the node's agent manages, where that is known
 */
export function acceptCommands(operation: string, root = '/'): string {
  const accept =
    root === '/' ? `uvs-agent recover --accept ${operation}` : `uvs-agent --root ${quoted(root)} recover --accept ${operation}`;
  return `systemctl stop uvs-agent; ${accept} --reason TEXT; systemctl start uvs-agent`;
}

/** As a shell reads it as one word. */
function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
