import { TASK_LOG } from '../support/update-node.ts';
import { snapshot } from '../support/tree-snapshot.ts';

/** Everything in a root but the agent's own state and what tasks wrote: types, contents, modes, owners, hard links, extended attributes with capabilities among them. */
export function managedTree(root: string): readonly string[] {
  return snapshot(root, ['var/lib/uvs-agent', TASK_LOG, 'lost+found']);
}
