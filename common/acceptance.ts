/** What an operator types on a node whose operation needs one, once the node is in order. The agent that runs has its state: without the stop it is refused. */
export function acceptCommands(operation: string): string {
  return `systemctl stop uvs-agent; uvs-agent recover --accept ${operation} --reason TEXT; systemctl start uvs-agent`;
}
