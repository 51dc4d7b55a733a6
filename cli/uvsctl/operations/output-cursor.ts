/** How much of what was printed is kept to find it again. */
const memoryLength = 4096;

/** What one reading of an operation's output brought. */
export interface OutputReading {
  readonly text: string;
  /** Only the tail that the cluster keeps, because the node could not be reached. */
  readonly isTail: boolean;
}

/** Finds what is new when the same growing output is read again and again, now as a whole, now only its tail. */
export class OutputCursor {
  #printedLength = 0;
  #memory = '';
  #hasSeenTail = false;

  /** Returns the part of a reading that no earlier one had. */
  take({ text, isTail }: OutputReading): string {
    this.#hasSeenTail ||= isTail;
    const fresh = text.slice(this.#hasSeenTail ? this.#endOfKnown(text) : this.#printedLength);
    this.#printedLength += fresh.length;
    this.#memory = (this.#memory + fresh).slice(-memoryLength);
    return fresh;
  }

  /** Lengths tell nothing once a tail was seen, so the last that was printed is searched; where it is not there, all is new. */
  #endOfKnown(text: string): number {
    if (this.#memory === '') return 0;
    const at = text.lastIndexOf(this.#memory);
    return at === -1 ? 0 : at + this.#memory.length;
  }
}
