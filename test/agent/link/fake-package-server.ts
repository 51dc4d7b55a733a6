import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Credential } from '../../../common/credential.ts';
import { serverTlsOptions } from '../../../common/tls.ts';

/** Random content to fetch. */
export const content = randomBytes(3 * 1024 * 1024);

export type Behaviour = (request: IncomingMessage, response: ServerResponse, serve: () => void) => void;

/** Serves bytes with Range over real mutual TLS; a test says how it misbehaves. */
export class FakePackageServer implements AsyncDisposable {
  readonly ranges: string[] = [];
  readonly sockets = new Set<string>();
  behave: Behaviour = (_request, _response, serve) => serve();
  readonly #server;

  private constructor(credential: Credential, bytes: Buffer) {
    this.#server = createServer(serverTlsOptions(credential), (request, response) => {
      this.ranges.push(request.headers.range ?? '');
      this.sockets.add(String(request.socket.remotePort));
      this.behave(request, response, () => serveRange(request, response, bytes));
    });
  }

  static async start(credential: Credential, bytes: Buffer = content): Promise<FakePackageServer> {
    const fake = new FakePackageServer(credential, bytes);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get address(): string {
    const bound = this.#server.address();
    return `127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function serveRange(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const piece = bytes.subarray(Number(from), Number(to) + 1);
  response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${bytes.length}`, 'content-length': piece.length }).end(piece);
}
