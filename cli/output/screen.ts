const escape = '\u001b[';

/**
 * A few lines at the bottom of a terminal that are redrawn in place: only lines that changed are written, in one write per frame, so that
 * nothing flickers. The lines must be no wider than the terminal. The cursor rests at the start of the line below.
 */
export class Screen implements Disposable {
  readonly #write: (text: string) => void;
  #lines: readonly string[] = [];
  #isOpen = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Brings the region to these lines. */
  draw(lines: readonly string[]): void {
    const old = this.#lines;
    let frame = this.#isOpen ? '' : `${escape}?25l`;
    for (const [index, line] of lines.entries()) {
      if (index >= old.length) {
        frame += `${line}${escape}K\n`;
      } else if (line !== old[index]) {
        const up = old.length - index;
        frame += `${escape}${up}A${line}${escape}K\r${escape}${up}B`;
      }
    }
    if (lines.length < old.length) frame += `${escape}${old.length - lines.length}A${escape}J`;
    this.#lines = [...lines];
    this.#isOpen = true;
    if (frame !== '') this.#write(frame);
  }

  /** Prints a line that stays, above the region. */
  print(line: string): void {
    const lines = this.#lines;
    this.#erase(`${line}\n`);
    this.draw(lines);
  }

  /** Forgets what is drawn after the terminal changed its size (it may have wrapped the lines); the next draw writes all of it. */
  reset(): void {
    this.#erase('');
  }

  #erase(text: string): void {
    const up = this.#lines.length;
    this.#write(`${up === 0 ? '' : `${escape}${up}A`}${escape}J${text}`);
    this.#lines = [];
  }

  /** Leaves the region as it is and gives the cursor back. */
  [Symbol.dispose](): void {
    if (this.#isOpen) this.#write(`${escape}?25h`);
    this.#isOpen = false;
    this.#lines = [];
  }
}
