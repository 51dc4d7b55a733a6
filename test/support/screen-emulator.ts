/** A terminal's screen, as far as our own output needs one: text, line breaks, cursor up and down, erasing, colours, the cursor's visibility. */
export class ScreenEmulator {
  readonly #columns: number;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;
  isCursorShown = true;
  /** Set when a line was wider than the screen or the cursor left it: then a redraw in place goes wrong. */
  hasOverflowed = false;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** The lines, without trailing blanks and empty lines at the end. */
  get lines(): string[] {
    const lines = this.#lines.map((line) => line.trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  write(text: string): void {
    // eslint-disable-next-line no-control-regex
    for (const [part] of text.matchAll(/\u001b\[[?0-9;]*[A-Za-z]|\r|\n|[^\u001b\r\n]+/g)) {
      if (part === '\n' || part === '\r') this.#column = 0;
      if (part === '\n') this.#down(1);
      else if (part.startsWith('\u001b')) this.#obey(part.slice(2, -1), part.slice(-1));
      else if (part !== '\r') this.#put(part);
    }
  }

  #put(text: string): void {
    const line = (this.#lines[this.#row] ?? '').padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + text + line.slice(this.#column + text.length);
    this.#column += text.length;
    if (this.#column >= this.#columns) this.hasOverflowed = true;
  }

  #obey(parameters: string, command: string): void {
    const count = Number(parameters === '' ? 1 : parameters.replace('?', ''));
    if (command === 'A') {
      if (count > this.#row) this.hasOverflowed = true;
      this.#row = Math.max(0, this.#row - count);
    } else if (command === 'B') {
      this.#down(count);
    } else if (command === 'K') {
      this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, this.#column);
    } else if (command === 'J') {
      this.#lines = [...this.#lines.slice(0, this.#row), (this.#lines[this.#row] ?? '').slice(0, this.#column)];
    } else if (command === 'h' || command === 'l') {
      this.isCursorShown = command === 'h';
    } else if (command !== 'm') {
      this.hasOverflowed = true;
    }
  }

  #down(count: number): void {
    this.#row += count;
    while (this.#lines.length <= this.#row) this.#lines.push('');
  }
}
