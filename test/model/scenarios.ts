import type { Bounds } from './state.ts';

const least: Bounds = {
  grants: 2,
  terms: 2,
  pauses: 0,
  resumes: 0,
  outages: 0,
  releases: 0,
  copies: 0,
  restores: 0,
  txns: 1,
  acts: 1,
  isRough: false,
};

/** What is explored to exhaustion; everything at once would be too much. In each, leases end, leaders change, messages and transactions are late, lost, repeated. */
export const scenarios = {
  'turn by turn': least,
  'agents that hang, die and ask again': { ...least, grants: 3, txns: 2, acts: 2, isRough: true },
  'three leaders': { ...least, grants: 3, terms: 3, txns: 2 },
  'a pause, and a node that goes down by itself': { ...least, pauses: 1, resumes: 1, outages: 1, txns: 2 },
  'a release by an operator': { ...least, releases: 1, acts: 2, isRough: true },
  'a copied disk': { ...least, copies: 1, outages: 1, acts: 2, isRough: true },
  'etcd restored from a backup': { ...least, restores: 1 },
  'a pause that a restored etcd has forgotten': { ...least, grants: 1, pauses: 1, resumes: 1, restores: 1 },
} as const satisfies Record<string, Bounds>;

export type ScenarioName = keyof typeof scenarios;
