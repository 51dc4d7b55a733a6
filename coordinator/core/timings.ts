/** Times and limits of the deciding part. */
export interface CoreTimings {
  /** Of the leader's key; a leader stops at two thirds of it. */
  readonly leaderTtlSeconds: number;
  /** How long a granted slot waits for its node to begin. */
  readonly slotTtlSeconds: number;
  /** A node that has not been heard for so long counts as down. */
  readonly silentAfterMs: number;
  readonly gateDeadlineMs: number;
  /** How long a plan waits for what the gates say of the nodes after its first; less than what a client waits for an answer. */
  readonly planGatesMs: number;
  readonly probeDeadlineMs: number;
  /** How long a gate may set things for a node, or take them back, without getting any of it done. */
  readonly drainDeadlineMs: number;
  /** A gate or a budget that said no is asked again after this long, or when a slot changed. */
  readonly retryMs: number;
  /** A command to an agent that shows no effect is sent again after this long. */
  readonly repeatMs: number;
  /** How often everything is looked at though nothing was heard. */
  readonly tickMs: number;
  /** Nodes of one rollout that fetch and stage at once. */
  readonly stagingLimit: number;
  /** How fast this coordinator sends packages, to all together; undefined: as fast as the network takes them. */
  readonly serveBytesPerSecond: number | undefined;
  /** How long a leader that gives the leadership away waits for another coordinator to take it. */
  readonly handOverMs: number;
  /** A leader gives the leadership away only once it has led for so long: whatever nodes say, the leadership moves no more often. */
  readonly handOverAfterMs: number;
}

export const defaultTimings: CoreTimings = {
  leaderTtlSeconds: 10,
  slotTtlSeconds: 60,
  silentAfterMs: 20_000,
  gateDeadlineMs: 60_000,
  planGatesMs: 8_000,
  probeDeadlineMs: 20_000,
  drainDeadlineMs: 30_000,
  retryMs: 3_000,
  repeatMs: 2_000,
  tickMs: 1_000,
  stagingLimit: 64,
  serveBytesPerSecond: undefined,
  handOverMs: 15_000,
  handOverAfterMs: 60_000,
};
