import type { AgentMetrics } from './metrics.ts';

/** Counts nothing, where nobody can read it: the library that counts is not loaded for that. */
export const noMetrics: Omit<AgentMetrics, 'registry'> = {
  connected: () => undefined,
  fetched: () => undefined,
  ended: () => undefined,
  facts: () => undefined,
  openOperations: () => undefined,
  disks: () => undefined,
  mended: () => undefined,
  clockOffset: () => undefined,
};
