import { request, type Agent } from 'node:https';
import type { Credential } from '../../common/credential.ts';
import { clientTlsOptions } from '../../common/tls.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The reason in a refusal; empty where there is none. */
  readonly reason: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Breaks the connection after so many bytes of the body. */
  readonly breakAfter?: number;
  /** Sends nothing more after so many bytes of the body, and keeps the connection. */
  readonly stopAfter?: number;
  /** Keeps the connection for the next request; default: each has its own. */
  readonly agent?: Agent;
}

/** One HTTPS request with a certificate of the cluster; undefined where the connection broke. */
export async function https(credential: Credential, wish: HttpRequest): Promise<HttpAnswer | undefined> {
  return await new Promise((resolve) => {
    const outgoing = request(
      wish.url,
      {
        ...clientTlsOptions(credential),
        method: wish.method,
        agent: wish.agent ?? false,
        headers: { 'content-length': wish.body?.length ?? 0, ...wish.headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => resolve(undefined));
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, reason: reasonOf(body) });
        });
      },
    );
    outgoing.on('error', () => resolve(undefined));
    if (wish.body === undefined) outgoing.end();
    else if (wish.stopAfter !== undefined) outgoing.write(wish.body.subarray(0, wish.stopAfter));
    else if (wish.breakAfter === undefined) outgoing.end(wish.body);
    else outgoing.write(wish.body.subarray(0, wish.breakAfter), () => setTimeout(() => outgoing.destroy(), 50));
  });
}

function reasonOf(body: Buffer): string {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return typeof parsed === 'object' && parsed !== null && 'reason' in parsed ? String(parsed.reason) : '';
  } catch {
    return '';
  }
}
