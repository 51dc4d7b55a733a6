/** A hello that was overtaken by an end is at most seconds late: twice as many ends as there are nodes outlast it. */
const ENDED_KEPT = 20_000;

/** Remembers which operations have ended, each with its node, for nobody can end another's. */
export class EndedOperations {
  /** The latest last. */
  readonly #ended = new Set<string>();
  /** Ends that are just being taken note of, by node. */
  readonly #underWay = new Map<string, Set<Promise<void>>>();

  /** @param noted takes note of an end, and adds it here where it is one */
  async during(uid: string, noted: Promise<void>): Promise<void> {
    const all = this.#underWay.get(uid) ?? new Set();
    this.#underWay.set(uid, all.add(noted));
    try {
      await noted;
    } finally {
      all.delete(noted);
      if (all.size === 0) this.#underWay.delete(uid);
    }
  }

  /** Ends of the node that are under way; undefined: none. What is done in the moment in which there is none comes before the next one. */
  underWay(uid: string): Promise<unknown> | undefined {
    const all = this.#underWay.get(uid);
    return all === undefined ? undefined : Promise.allSettled(all);
  }

  add(uid: string, operation: string): void {
    this.#ended.add(keyOf(uid, operation));
    const [oldest] = this.#ended;
    if (this.#ended.size > ENDED_KEPT && oldest !== undefined) this.#ended.delete(oldest);
  }

  has(uid: string, operation: string): boolean {
    return this.#ended.has(keyOf(uid, operation));
  }
}

function keyOf(uid: string, operation: string): string {
  return `${uid} ${operation}`;
}
