/** How an operation on a node ended; the domain form of uvs.agent.v1.Outcome. */
export type Outcome =
  /** The release is installed, read back and proven. */
  | 'installed'
  /** The node is as it was before the commit. */
  | 'rolled-back'
  /** Nothing that disturbs was done. */
  | 'never-acted'
  /** It failed before anything was disturbed. */
  | 'failed'
  /** The node can't tell by itself; it keeps its slot. */
  | 'needs-operator';
