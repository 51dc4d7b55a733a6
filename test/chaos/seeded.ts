import { createHash } from 'node:crypto';

/** Chance that can be had again: the same seed gives the same numbers. */
export class Seeded {
  readonly #seed: string;
  #drawn = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** 0 ≤ x < 1. */
  next(): number {
    this.#drawn += 1;
    return createHash('sha256').update(`${this.#seed} ${this.#drawn}`).digest().readUInt32BE() / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[Math.floor(this.next() * from.length)] ?? from[0];
  }

  /** All of them, in any order. */
  shuffled<T>(from: readonly [T, ...T[]]): [T, ...T[]];
  shuffled<T>(from: readonly T[]): T[];
  shuffled<T>(from: readonly T[]): T[] {
    return from
      .map((one) => ({ one, at: this.next() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ one }) => one);
  }
}
