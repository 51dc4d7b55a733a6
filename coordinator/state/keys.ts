/** Where everything is in etcd; nothing else makes a key. */
const ROOT = '/uvs/v1/';

export const keys = {
  epoch: `${ROOT}epoch`,
  leader: `${ROOT}leader`,
  ledger: `${ROOT}ledger`,
  withdrawals: `${ROOT}withdrawals`,
  /** The chain of root files that says whose packages are taken. */
  packageRoot: `${ROOT}package-root`,

  slots: `${ROOT}slots/`,
  slot: (uid: string): string => `${ROOT}slots/${uid}`,
  drains: `${ROOT}drains/`,
  drain: (uid: string): string => `${ROOT}drains/${uid}`,
  members: `${ROOT}members/`,
  member: (id: string): string => `${ROOT}members/${id}`,
  /** Which coordinators run: each on a lease of its own. */
  presences: `${ROOT}presences/`,
  presence: (id: string): string => `${ROOT}presences/${id}`,
  nodes: `${ROOT}nodes/`,
  node: (uid: string): string => `${ROOT}nodes/${uid}`,
  settings: `${ROOT}settings/`,
  setting: (scope: string): string => `${ROOT}settings/${encodeURIComponent(scope)}`,
  limits: `${ROOT}limits/`,
  limit: (scope: string, unit: string): string => `${ROOT}limits/${encodeURIComponent(scope)}/${encodeURIComponent(unit)}`,
  packages: `${ROOT}packages/`,
  package: (digest: string): string => `${ROOT}packages/${digest}`,
  rollouts: `${ROOT}rollouts/`,
  rolloutPlan: (id: string): string => `${ROOT}rollouts/${id}/plan`,
  rolloutState: (id: string): string => `${ROOT}rollouts/${id}/state`,
  steps: (rollout: string): string => `${ROOT}steps/${rollout}/`,
  step: (rollout: string, uid: string): string => `${ROOT}steps/${rollout}/${uid}`,
  operations: `${ROOT}operations/`,
  operation: (id: string): string => `${ROOT}operations/${id}`,
  tokens: `${ROOT}tokens/`,
  token: (id: string): string => `${ROOT}tokens/${id}`,
  credentials: `${ROOT}credentials/`,
  credential: (serial: string): string => `${ROOT}credentials/${serial}`,
  audits: `${ROOT}audit/`,
  audit: (place: number): string => `${ROOT}audit/${String(place).padStart(16, '0')}`,
  nodeAudits: `${ROOT}audit-of-nodes/`,
  nodeAudit: (place: number): string => `${ROOT}audit-of-nodes/${String(place).padStart(16, '0')}`,
  /** What a client's request id has led to, on a lease (see requests.ts). */
  request: (id: string): string => `${ROOT}requests/${id}`,
};

/** Returns the last part of a key. */
export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
