import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Behaviour } from './fake-package-server.ts';

/** How a package server answers instead of with the bytes that were asked for, once it was told where they are. */
type Lie = (range: { readonly from: number; readonly length: number; readonly total: number }, response: ServerResponse) => void;

const noise = randomBytes(256 * 1024);

/** Sends without end, as fast as it is taken. */
function flood(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(noise));
  };
  response.on('drain', more);
  more();
}

function drip(response: ServerResponse, everyMs: number): void {
  const timer = setInterval(() => response.write('x'), everyMs);
  response.once('close', () => clearInterval(timer));
}

const rangeOf = (from: number, length: number, total: number): string => `bytes ${from}-${from + length - 1}/${total}`;

/** What no server may say, which is told at once. */
export const contradictions: Readonly<Record<string, Lie>> = {
  'an endless body of no told length': ({ from, length, total }, response) => {
    response.writeHead(206, { 'content-range': rangeOf(from, length, total) });
    flood(response);
  },
  'an endless body of a terabyte': ({ from, length, total }, response) => {
    response.writeHead(206, { 'content-range': rangeOf(from, length, total), 'content-length': 2 ** 40 });
    flood(response);
  },
  'a length that is less than was asked for': ({ from, length, total }, response) => {
    response
      .writeHead(206, { 'content-range': rangeOf(from, length, total), 'content-length': length - 1 })
      .end(noise.subarray(0, length - 1));
  },
  'another range': ({ from, length, total }, response) => {
    response.writeHead(206, { 'content-range': rangeOf(from + 1, length, total), 'content-length': length });
    response.end(Buffer.alloc(length));
  },
  'a package of another size': ({ from, length, total }, response) => {
    response.writeHead(206, { 'content-range': rangeOf(from, length, total + 1), 'content-length': length });
    response.end(Buffer.alloc(length));
  },
};

/** What may pass, and is tried again for as long as there is patience. */
export const failures: Readonly<Record<string, Lie>> = {
  'a byte now and then': ({ from, length, total }, response) => {
    response.writeHead(206, { 'content-range': rangeOf(from, length, total), 'content-length': length });
    drip(response, 20);
  },
  'a byte now and then of a refusal': (_range, response) => {
    response.writeHead(503);
    drip(response, 20);
  },
  'a byte for each connection': ({ from, length, total }, response) => {
    response.writeHead(206, { 'content-range': rangeOf(from, length, total), 'content-length': length });
    response.write('x', () => response.destroy());
  },
  'less than it told': ({ from, length, total }, response) => {
    response.writeHead(206, { 'content-range': rangeOf(from, length, total), 'content-length': length }).flushHeaders();
    setImmediate(() => response.destroy());
  },
  'nothing at all': () => undefined,
  'informational answers without end': (_range, response) => {
    const timer = setInterval(() => response.writeProcessing(), 20);
    response.once('close', () => clearInterval(timer));
  },
  'an endless header': (_range, response) => {
    response.socket?.write('HTTP/1.1 206 Partial Content\r\n');
    const timer = setInterval(() => response.socket?.write(`x-${'y'.repeat(1000)}: z\r\n`), 5);
    response.once('close', () => clearInterval(timer));
  },
  'an endless refusal': (_range, response) => {
    response.writeHead(500);
    flood(response);
  },
  'the whole package': ({ total }, response) => {
    response.writeHead(200, { 'content-length': total });
    flood(response);
  },
};

/** Lies whenever it is asked for bytes from `from` on. */
export function lieFrom(from: number, total: number, lie: Lie): Behaviour {
  return (request, response, serve) => {
    const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    response.on('error', () => undefined);
    if (Number(first) < from) serve();
    else lie({ from: Number(first), length: Number(last) - Number(first) + 1, total }, response);
  };
}
