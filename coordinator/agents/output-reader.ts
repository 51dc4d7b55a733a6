import { UvsError } from '../../common/errors.ts';

/** Output of an operation that may wait for a reader of the API; an agent that sends more is cut off. */
const MAX_WAITING_CHARS = 8 * 1024 * 1024;
/** What a chunk counts beside its text: in memory it is more than its characters. */
const CHUNK_CHARS = 64;
/** Chunks that wait are handed out together up to about so many characters. */
const PIECE_CHARS = 64 * 1024;

/** Takes the chunks of one ReadOutput as they come and hands them to one reader, who may be slower. */
export class OutputReader {
  #waiting: string[] = [];
  #waitingChars = 0;
  #isLast = false;
  #error: UvsError | undefined;
  #wake: (() => void) | undefined;

  push(text: string, isLast: boolean): void {
    if (this.#isLast || this.#error !== undefined) return;
    if (text !== '') {
      this.#waiting.push(text);
      this.#waitingChars += text.length + CHUNK_CHARS;
    }
    this.#isLast = isLast;
    if (this.#waitingChars > MAX_WAITING_CHARS) this.fail(new UvsError('UNREACHABLE', 'the node sends output faster than it is read'));
    this.#wake?.();
  }

  fail(error: UvsError): void {
    this.#error ??= error;
    this.#wake?.();
  }

  /** What has come, in order; chunks that came apart may be handed out as one. */
  async *read(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      const taken = this.#waiting;
      this.#waiting = [];
      for (const piece of pieces(taken)) {
        this.#waitingChars -= piece.text.length + piece.chunks * CHUNK_CHARS;
        yield piece.text;
      }
      if (this.#waiting.length > 0) continue;
      if (this.#error !== undefined) throw this.#error;
      if (this.#isLast) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}

/** Joins whole chunks: cut elsewhere, a character could be torn in two. */
function* pieces(chunks: readonly string[]): Generator<{ readonly text: string; readonly chunks: number }, void, undefined> {
  let from = 0;
  let chars = 0;
  for (const [place, chunk] of chunks.entries()) {
    chars += chunk.length;
    if (chars < PIECE_CHARS && place < chunks.length - 1) continue;
    yield { text: chunks.slice(from, place + 1).join(''), chunks: place + 1 - from };
    [from, chars] = [place + 1, 0];
  }
}
