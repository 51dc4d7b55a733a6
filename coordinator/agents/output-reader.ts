import { UvsError } from '../../common/errors.ts';

/** Output of an operation that may wait for a reader of the API; an agent that sends more is cut off. */
const MAX_WAITING_CHARS = 8 * 1024 * 1024;

/** Takes the chunks of one ReadOutput as they come and hands them to one reader, who may be slower. */
export class OutputReader {
  #waiting: string[] = [];
  #waitingChars = 0;
  #isLast = false;
  #error: UvsError | undefined;
  #wake: (() => void) | undefined;

  push(text: string, isLast: boolean): void {
    if (this.#isLast || this.#error !== undefined) return;
    if (text !== '') this.#waiting.push(text);
    this.#waitingChars += text.length;
    this.#isLast = isLast;
    if (this.#waitingChars > MAX_WAITING_CHARS) this.fail(new UvsError('UNREACHABLE', 'the node sends output faster than it is read'));
    this.#wake?.();
  }

  fail(error: UvsError): void {
    this.#error ??= error;
    this.#wake?.();
  }

  async *read(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift()) {
        this.#waitingChars -= text.length;
        yield text;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#isLast) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
