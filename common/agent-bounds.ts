/**
 * How much an agent says at once. The agent keeps to it; the coordinator cuts what it is told beyond it and only shows, rather than not to listen
 * to a node: one that is not heard counts as down, and nobody could mend that from afar. Texts are counted in UTF-16 units.
 */
export const agentBounds = {
  /** Components that a node remembers, of all packages together; one package may bring as many (docs/package-format.md). */
  components: 256,
  /** Characters of one of a node's facts, of an address, of the name of a unit. */
  fact: 256,
  addresses: 32,
  roles: 16,
  /** Operations whose end was not acknowledged yet. */
  openOperations: 64,
  /** Operations that have ended. */
  endedOperations: 64,
  /** Units that should run and do not. */
  failedServices: 64,
  /** Units and patterns for which limits are declared: an agent takes no more, and a cluster has no more. */
  limitRules: 64,
  /** Units with limits. */
  limitedUnits: 256,
  /** Settings of the machine, and what of one was put back. */
  settings: 64,
  /** Units that it restarts beside Ceph's. */
  restartableUnits: 256,
  phase: 64,
  /** What a node says that it does. */
  progress: 1024,
  /** What came of an operation. */
  endMessage: 4096,
  /** Why an operator at its console went without a slot. */
  reason: 1024,
  /** Last lines of an operation's output. */
  outputTail: 16 * 1024,
} as const;
