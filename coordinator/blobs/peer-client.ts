import { request, Agent } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Credential } from '../../common/credential.ts';
import { abortError } from '../../common/deadline.ts';
import { UvsError } from '../../common/errors.ts';
import { clientTlsOptions, type WithdrawnCheck } from '../../common/tls.ts';
import type { Member } from '../domain.ts';

/** A connection on which nothing has come for so long is given up. */
const STALL_MS = 20_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Speaks to the HTTPS listeners of the other coordinators. */
export class PeerClient implements Disposable {
  readonly #agent: Agent;

  constructor(credential: Credential, isWithdrawn: WithdrawnCheck) {
    this.#agent = new Agent({ ...clientTlsOptions(credential, isWithdrawn), keepAlive: false, maxSockets: 8 });
  }

  /** Tells a coordinator to get a package from another; resolves once it holds it. @throws UvsError UNREACHABLE, or what it answered */
  async replicate(
    member: Member,
    what: { readonly digest: string; readonly sizeBytes: number; readonly from: string },
    signal: AbortSignal,
  ): Promise<void> {
    const query = new URLSearchParams({ size: String(what.sizeBytes), from: what.from });
    const response = await this.#request('POST', member.httpsAddress, `/v1/replicate/${what.digest}?${query.toString()}`, {}, signal);
    const text = await readText(response);
    if (response.statusCode === 200) return;
    throw new UvsError('UNREACHABLE', `coordinator ${member.id} could not take ${what.digest.slice(0, 12)}: ${messageOf(text)}`, {
      details: { address: member.httpsAddress },
    });
  }

  /** Bytes of a package from `start` on. @throws UvsError UNREACHABLE, NOT_FOUND */
  async *read(address: string, digest: string, start: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const headers: Record<string, string> = start === 0 ? {} : { range: `bytes=${start}-` };
    const response = await this.#request('GET', address, `/v1/packages/${digest}`, headers, signal);
    if (response.statusCode !== (start === 0 ? 200 : 206)) {
      const text = await readText(response);
      throw new UvsError(
        response.statusCode === 404 ? 'NOT_FOUND' : 'UNREACHABLE',
        `${address} does not send ${digest.slice(0, 12)}: ${messageOf(text)}`,
      );
    }
    try {
      for await (const chunk of response) {
        if (!(chunk instanceof Uint8Array)) throw new UvsError('INTERNAL', 'a response without an encoding gives bytes');
        yield chunk;
      }
    } catch (error) {
      throw unreachable(address, error, signal);
    } finally {
      response.destroy();
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #request(method: string, address: string, path: string, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const url = new URL(path, `https://${address}`);
      const outgoing = request(url, { method, headers, agent: this.#agent, signal, timeout: method === 'GET' ? STALL_MS : 0 }, resolve);
      outgoing.on('timeout', () => outgoing.destroy(new Error(`nothing came for ${STALL_MS / 1000} s`)));
      outgoing.on('error', (error) => reject(unreachable(address, error, signal)));
      outgoing.end();
    });
  }
}

function unreachable(address: string, error: unknown, signal: AbortSignal): UvsError {
  if (error instanceof UvsError) return error;
  if (signal.aborted) return abortError(signal, `the request to ${address}`);
  return new UvsError('UNREACHABLE', `${address} cannot be reached: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
    details: { address },
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > MAX_ANSWER_BYTES) break;
  }
  return text;
}

/** The sentence in an answer, which may be anything. */
function messageOf(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed && typeof parsed.message === 'string') return parsed.message;
  } catch {
    // not JSON: told as it is
  }
  return text.slice(0, 200);
}
