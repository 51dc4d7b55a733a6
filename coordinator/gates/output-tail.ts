const KEPT_BYTES = 4096;
const LINE_CHARACTERS = 500;

/** Keeps the end of a program's output, however much it writes. */
export class OutputTail {
  #kept: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#kept = Buffer.concat([this.#kept, chunk]).subarray(-KEPT_BYTES);
  }

  text(): string {
    return this.#kept.toString('utf8');
  }

  /** The last line with anything in it, fit to be shown: no control characters, not longer than a sentence. Empty where there is none. */
  lastLine(): string {
    const lines = this.#kept
      .toString('utf8')
      .split('\n')
      .map((line) => line.replaceAll(/\p{Cc}+/gu, ' ').trim());
    return (lines.findLast((line) => line !== '') ?? '').slice(0, LINE_CHARACTERS);
  }
}
