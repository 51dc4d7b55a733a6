/**
 * How much an agent says at once. The agent keeps to it; the coordinator cuts what it is told beyond it, rather than not to listen to a node:
 * one that is not heard counts as down, and nobody could mend that from afar.
 */
export const agentBounds = {
  /** Components that a node remembers, of all packages together; one package may bring as many (docs/package-format.md). */
  components: 256,
  /** Characters of one of a node's facts. */
  fact: 256,
} as const;
