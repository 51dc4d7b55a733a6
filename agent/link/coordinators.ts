/** Where coordinators are reached: as the credential says, then as each welcome says; whoever led last comes first. */
export class Coordinators {
  #grpc: readonly string[];
  #https: readonly string[] = [];
  #leader: string | undefined;

  constructor(grpc: readonly string[]) {
    this.#grpc = grpc;
  }

  /** gRPC addresses, most promising first. */
  grpc(): readonly string[] {
    const leader = this.#leader;
    return leader === undefined ? this.#grpc : [leader, ...this.#grpc.filter((address) => address !== leader)];
  }

  /** HTTPS addresses, the leader's first; empty before the first welcome. */
  https(): readonly string[] {
    return this.#https;
  }

  /** Takes what a welcome says. Returns whether the gRPC addresses changed, which are then worth storing. */
  learn(leader: string, grpc: readonly string[], https: readonly string[]): boolean {
    this.#leader = leader;
    if (https.length > 0) this.#https = https;
    if (grpc.length === 0 || sameSet(grpc, this.#grpc)) return false;
    this.#grpc = grpc;
    return true;
  }

  /** The stored form: without the leader, who changes. */
  all(): readonly string[] {
    return this.#grpc;
  }
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const set = new Set(a);
  return set.size === new Set(b).size && b.every((one) => set.has(one));
}
