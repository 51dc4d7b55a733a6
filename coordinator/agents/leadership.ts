/** Whether this coordinator decides, and if not, who does. */
export interface Leadership {
  isLeader(): boolean;
  /** gRPC address of the leader as far as known; empty where nobody leads. */
  leaderAddress(): string;
  /** Calls back when any of this changes. */
  onChange(listener: () => void): Disposable;
}
