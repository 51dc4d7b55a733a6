import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A directory that is not listed by then is on a disk that does not answer. */
const ANSWER_MS = 5_000;

/** Asks whether the disk of a directory answers, by listing it. */
export class DirectoryProbe {
  readonly #list: () => Promise<unknown>;
  readonly #answerMs: number;
  #open: Promise<string> | undefined;

  constructor(path: string, list: () => Promise<unknown> = () => readdir(path), answerMs = ANSWER_MS) {
    this.#list = list;
    this.#answerMs = answerMs;
  }

  /**
   * Says what is wrong, with the kernel's word ("EIO"); '': nothing. Where a listing hangs in the kernel no other is begun: each takes one of the few threads
   * by which the agent reads anything at all, and none can be ended.
   */
  async problem(): Promise<string> {
    this.#open ??= this.#look();
    const late = new AbortController();
    const waited = sleep(this.#answerMs, `no answer in ${this.#answerMs / 1000} s`, { signal: late.signal }).catch(() => '');
    const answer = await Promise.race([this.#open, waited]);
    late.abort();
    return answer;
  }

  async #look(): Promise<string> {
    try {
      await this.#list();
      return '';
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    } finally {
      this.#open = undefined;
    }
  }
}
