import { StringDecoder } from 'node:string_decoder';

/** Longest line in characters; what is longer becomes several. */
const MAX_LINE_LENGTH = 4096;

/** Cuts a byte stream into lines of bounded length, without control characters that could move a reader's terminal. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#emit(line);
    while (this.#rest.length > MAX_LINE_LENGTH) {
      this.#emit(this.#rest.slice(0, MAX_LINE_LENGTH));
      this.#rest = this.#rest.slice(MAX_LINE_LENGTH);
    }
  }

  end(): void {
    this.#rest += this.#decoder.end();
    if (this.#rest !== '') this.#emit(this.#rest);
    this.#rest = '';
  }

  #emit(line: string): void {
    // eslint-disable-next-line no-control-regex -- control characters are what is taken out
    const clean = line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
    for (let at = 0; at === 0 || at < clean.length; at += MAX_LINE_LENGTH) this.#onLine(clean.slice(at, at + MAX_LINE_LENGTH));
  }
}
