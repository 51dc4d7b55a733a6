import { createServer, type Server } from 'node:http';
import { UvsError } from './errors.ts';

export interface StatusPages {
  /** Text of /metrics in Prometheus' format, and its content type. */
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  /** What /healthz says; 503 where it is not well. */
  readonly health: () => { readonly isHealthy: boolean; readonly details: Readonly<Record<string, unknown>> };
}

/** Scrapers ask every few seconds; whoever is slower than this is cut off. */
const REQUEST_MS = 10_000;
const MAX_CONNECTIONS = 64;

/**
 * Serves /metrics and /healthz over plain HTTP, without authentication: on loopback, unless somebody configured otherwise.
 * @param address host:port; port 0 takes any.
 * @returns the port.
 * @throws UvsError PORT_IN_USE, CONFIG_INVALID
 */
export async function listenForStatus(address: string, pages: StatusPages): Promise<{ readonly port: number } & AsyncDisposable> {
  const url = new URL(`http://${address}`);
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const say = (status: number, contentType: string, text: string): void => {
      response
        .writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) })
        .end(request.method === 'HEAD' ? '' : text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') say(405, 'text/plain', 'only GET\n');
    else if (path === '/healthz') {
      const { isHealthy, details } = pages.health();
      say(isHealthy ? 200 : 503, 'application/json', `${JSON.stringify({ status: isHealthy ? 'ok' : 'unhealthy', ...details })}\n`);
    } else if (path === '/metrics') {
      pages.metrics().then(
        ({ text, contentType }) => say(200, contentType, text),
        () => say(500, 'text/plain', 'the metrics could not be collected\n'),
      );
    } else say(404, 'text/plain', 'there is /metrics and /healthz\n');
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, url, address);
  const bound = server.address();
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function listen(server: Server, url: URL, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const isTaken = 'code' in cause && cause.code === 'EADDRINUSE';
      const message = isTaken
        ? `the status address ${address} is in use`
        : `cannot listen on the status address ${address}: ${cause.message}`;
      reject(new UvsError(isTaken ? 'PORT_IN_USE' : 'CONFIG_INVALID', message, { cause, hint: 'Choose another one: [metrics] listen.' }));
    });
    server.listen(Number(url.port === '' ? 80 : url.port), url.hostname.replaceAll(/^\[|\]$/g, ''), resolve);
  });
}
