/** A hello that was overtaken by an end is at most seconds late: twice as many ends as there are nodes outlast it. */
const ENDED_KEPT = 20_000;

/** Remembers which operations have ended, each with its node, for nobody can end another's. */
export class EndedOperations {
  /** The latest last. */
  readonly #ended = new Set<string>();

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
