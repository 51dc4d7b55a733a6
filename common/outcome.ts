/** How an operation on a node ended; the domain form of uvs.agent.v1.Outcome. */
export type Outcome =
  /** The release is installed, read back and proven. */
  | 'installed'
  /** Of an action (restart, reboot, rollback, migration): it has happened, and that is proven. */
  | 'done'
  /** The node is as it was before the commit. */
  | 'rolled-back'
  /** Nothing that disturbs was done. */
  | 'never-acted'
  /** It failed before anything was disturbed; or, of a restart, between two units, and what it restarted runs. */
  | 'failed'
  /** The node can't tell by itself; it keeps its slot. */
  | 'needs-operator';
