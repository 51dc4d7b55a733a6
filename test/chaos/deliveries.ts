/** What the proxies between the coordinators and etcd did to transactions, by their own count. */
export interface Deliveries {
  /** Whoever asked got no answer. */
  readonly held: number;
  /** Of these: reached etcd, which answered, after whoever asked had given them up. */
  readonly late: number;
  /** Of these: reached etcd, which answered, after it had answered to them before. */
  readonly again: number;
}

/** @param logs what each proxy printed */
export function deliveriesIn(logs: readonly string[]): Deliveries {
  const count = (word: string): number => logs.flatMap((log) => log.split('\n')).filter((line) => line === word).length;
  return { held: count('held'), late: count('late'), again: count('again') };
}
