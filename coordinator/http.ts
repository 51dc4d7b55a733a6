import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Registry } from 'prom-client';
import { listenError } from '../common/rpc/server.ts';

export interface MetricsServerOptions {
  readonly registry: Registry;
  /** Empty while all is well; else one sentence what is not. */
  readonly health: () => string;
}

/** Plain HTTP for monitoring, on loopback unless configured otherwise: /metrics and /healthz, nothing else. */
export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #server: Server;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.maxConnections = 64;
  }

  /** Resolves with the port. @throws UvsError PORT_IN_USE, CONFIG_INVALID */
  async listen(host: string, port: number): Promise<number> {
    return await new Promise<number>((resolve, reject) => {
      this.#server.on('error', (error) => reject(listenError(`${isIPv6(host) ? `[${host}]` : host}:${port}`, 'metrics', error)));
      this.#server.listen({ host, port }, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && request.url === '/metrics') {
      const text = await this.#options.registry.metrics();
      response.writeHead(200, { 'content-type': this.#options.registry.contentType }).end(text);
    } else if (isRead && request.url === '/healthz') {
      const trouble = this.#options.health();
      response.writeHead(trouble === '' ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8' }).end(trouble === '' ? 'ok\n' : `${trouble}\n`);
    } else {
      response.writeHead(isRead ? 404 : 405).end();
    }
  }
}
