import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { abortError } from '../../../common/deadline.ts';
import type { Credential } from '../../../common/credential.ts';
import { UvsError } from '../../../common/errors.ts';
import { clientTlsOptions } from '../../../common/tls.ts';
import type { PackageFile } from './package-file.ts';
import { answerError } from './put-answer.ts';

export interface PutOptions {
  readonly url: URL;
  readonly credential: Credential;
  readonly file: PackageFile;
  /** Bytes that the coordinator has already. */
  readonly fromBytes: number;
  readonly signal: AbortSignal;
  /** How long no byte may move, and how long the coordinator may verify and spread the package after the last one. */
  readonly stallMs: number;
  readonly finishMs: number;
  readonly onProgress: (bytes: number) => void;
}

const maxAnswerBytes = 64 * 1024;

/**
 * Sends the rest of a package over HTTPS with the caller's certificate and waits for the verdict.
 * @throws UvsError of the coordinator's own reason; UNREACHABLE or DEADLINE_EXCEEDED where the connection broke: then it can be gone on with.
 */
export async function putPackage(options: PutOptions): Promise<void> {
  const { url, credential, file, fromBytes, signal, onProgress } = options;
  using watchdog = new Watchdog(signal, `the upload to ${url.host}`);
  const request = httpsRequest(url, {
    ...clientTlsOptions(credential),
    method: 'PUT',
    agent: false,
    signal: watchdog.signal,
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': file.sizeBytes - fromBytes,
      // Nothing may be left where only the verdict was lost; RFC 9110, 14.4.
      'content-range':
        fromBytes < file.sizeBytes ? `bytes ${fromBytes}-${file.sizeBytes - 1}/${file.sizeBytes}` : `bytes */${file.sizeBytes}`,
    },
  });
  const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    let bytes = fromBytes;
    for await (const piece of file.read(fromBytes)) {
      watchdog.feed(options.stallMs);
      yield piece;
      bytes += piece.length;
      onProgress(bytes);
    }
    watchdog.feed(options.finishMs);
  };
  watchdog.feed(options.stallMs);
  try {
    const answered = once(request, 'response');
    const sent = pipeline(counted, request);
    // An answer may come before the last byte, as a refusal does; then the rest of the sending does not matter.
    sent.catch(() => undefined);
    const [response]: IncomingMessage[] = await Promise.race([answered, sent.then(() => answered)]);
    if (response === undefined) throw new Error('no response');
    const body = await readAnswer(response);
    if ((response.statusCode ?? 0) >= 300) throw answerError(response.statusCode ?? 0, body, url.host);
  } catch (error) {
    if (error instanceof UvsError) throw error;
    if (watchdog.signal.aborted) throw abortError(watchdog.signal, `the upload to ${url.host}`);
    const cause = error instanceof Error && error.cause instanceof UvsError ? error.cause : undefined;
    if (cause !== undefined) throw cause;
    throw new UvsError('UNREACHABLE', `the upload to ${url.host} broke (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  } finally {
    request.destroy();
  }
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    text += String(piece);
    if (text.length > maxAnswerBytes) break;
  }
  return text.slice(0, maxAnswerBytes);
}

/** A signal that aborts when it has not been fed for a while, or with another signal. */
class Watchdog implements Disposable {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #what: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(outer: AbortSignal, what: string) {
    this.#what = what;
    this.signal = AbortSignal.any([outer, this.#controller.signal]);
  }

  feed(limitMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#controller.abort(new UvsError('DEADLINE_EXCEEDED', `${this.#what} has not moved for ${limitMs / 1000} s`));
    }, limitMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
