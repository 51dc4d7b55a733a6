import { Deadline } from '../../common/deadline.ts';
import { toUvsError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type { OperationRunner } from './operations.ts';
import type { Session } from './session.ts';

const MAX_CHUNK_CHARACTERS = 32 * 1024;
const SEND_MS = 30_000;
const MAX_READERS = 4;

/** Answers the coordinator's questions for an operation's output, piece by piece and no faster than it is read. */
export class OutputServer {
  readonly #runner: Pick<OperationRunner, 'readOutput'>;
  readonly #session: Pick<Session, 'send' | 'drained'>;
  readonly #log: Logger;
  #readers = 0;

  constructor(runner: Pick<OperationRunner, 'readOutput'>, session: Pick<Session, 'send' | 'drained'>, log: Logger) {
    this.#runner = runner;
    this.#session = session;
    this.#log = log;
  }

  /** Sends the output; the last piece says so, also where there is no output or it cannot be read. */
  async serve(requestId: string, operation: string): Promise<void> {
    if (this.#readers >= MAX_READERS) return await this.#send(requestId, '(this node serves too many readers; ask again)\n', true);
    this.#readers += 1;
    try {
      for await (const text of this.#runner.readOutput(operation)) {
        for (let at = 0; at < text.length; at += MAX_CHUNK_CHARACTERS) {
          await this.#send(requestId, text.slice(at, at + MAX_CHUNK_CHARACTERS), false);
        }
      }
      await this.#send(requestId, '', true);
    } catch (err) {
      const error = toUvsError(err);
      this.#log.info({ err: error, operation }, 'output cannot be served');
      if (error.reason !== 'UNREACHABLE') await this.#send(requestId, '', true);
    } finally {
      this.#readers -= 1;
    }
  }

  async #send(requestId: string, text: string, last: boolean): Promise<void> {
    using deadline = new Deadline(SEND_MS, 'room to send output');
    while (!this.#session.send({ outputChunk: { requestId, text, last } })) await this.#session.drained(deadline.signal);
  }
}
