/** A member of etcd as it is found at this moment. */
export interface EtcdMember {
  readonly name: string;
  /** It does not vote. */
  readonly isLearner: boolean;
  readonly isHealthy: boolean;
  /** What is wrong with it; empty where nothing is. */
  readonly message: string;
  readonly place: MemberPlace;
}

/** What tells the machine of a member. */
export interface MemberPlace {
  /** Host names that are its machine's, or may be. */
  readonly names: readonly string[];
  /** IP addresses that are its machine's, in the form of `plainAddress`. */
  readonly addresses: ReadonlySet<string>;
  /** Whether its machine has no others, as far as its URLs tell: each of their hosts could be looked up. */
  readonly isWhole: boolean;
}

/** What the gate needs of etcd: one answer for every member of the cluster, also for one that does not answer. */
export interface EtcdMembership {
  members(signal: AbortSignal): Promise<readonly EtcdMember[]>;
}
