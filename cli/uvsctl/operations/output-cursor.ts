/** How much of what was printed is kept to find it again in a tail. */
const memoryLength = 4096;

/**
 * Finds what is new when the same output is read again and again: the API sends it from its start, or, where the node can't be reached,
 * only its tail.
 */
export class OutputCursor {
  #printed = 0;
  #memory = '';
  #toSkip = 0;
  #isTail = false;

  /** Whether nothing was printed yet. */
  get isFresh(): boolean {
    return this.#printed === 0;
  }

  /** The next text is the output's start again. */
  rewind(): void {
    this.#toSkip = this.#printed;
    this.#isTail = false;
  }

  /** The next text is not the start but somewhere in the output. */
  expectTail(): void {
    this.#isTail = true;
  }

  /** Returns the part of a text that was not printed yet. */
  take(text: string): string {
    let fresh: string;
    if (this.#isTail) {
      // A tail comes in one piece; where nothing of what was printed is in it, all of it is new.
      const at = this.#memory === '' ? -1 : text.lastIndexOf(this.#memory);
      fresh = at === -1 ? text : text.slice(at + this.#memory.length);
    } else {
      fresh = text.slice(this.#toSkip);
      this.#toSkip = Math.max(0, this.#toSkip - text.length);
    }
    this.#printed += fresh.length;
    this.#memory = (this.#memory + fresh).slice(-memoryLength);
    return fresh;
  }
}
