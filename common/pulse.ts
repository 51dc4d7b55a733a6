/**
 * Whether the loops of a daemon turn: each says so at every turn, and one that has not for longer than the limit is stuck, though timers still
 * fire. For the watchdog, which is fed only while none is.
 */
export class Pulse {
  readonly #limitMs: number;
  readonly #nowMs: () => number;
  readonly #turnedAtMs = new Map<string, number>();

  /** @param limitMs longer than the longest turn; @param nowMs monotonic */
  constructor(limitMs: number, nowMs: () => number) {
    this.#limitMs = limitMs;
    this.#nowMs = nowMs;
  }

  /** A loop turns, and is watched from now on. */
  turn(loop: string): void {
    this.#turnedAtMs.set(loop, this.#nowMs());
  }

  /** A loop has ended, or waits for what may take any time. */
  rest(loop: string): void {
    this.#turnedAtMs.delete(loop);
  }

  /** Whether all turn. @param onStuck told of each that does not */
  isTurning(onStuck: (loop: string) => void): boolean {
    const nowMs = this.#nowMs();
    const stuck = [...this.#turnedAtMs].filter(([, turnedAtMs]) => nowMs - turnedAtMs > this.#limitMs);
    for (const [loop] of stuck) onStuck(loop);
    return stuck.length === 0;
  }
}
