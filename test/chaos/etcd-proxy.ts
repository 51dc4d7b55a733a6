import { readFileSync } from 'node:fs';
import {
  connect,
  constants,
  createSecureServer,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * A program that stands between a coordinator and the members of etcd and passes gRPC on, until a line on standard input tells it to hold
 * transactions: "late MS" delivers them after so long, "late-twice MS" twice then, "lost-then-again MS" at once and again after that; whoever
 * asked gets no answer from it in time. "pass" ends that. For each transaction it prints "held", then "late" or "again" for each delivery
 * that a member of etcd has answered (see deliveries.ts).
 * Arguments: CA, certificate, key, and PORT=HOST:PORT for each member.
 */
const [ca = '', cert = '', key = '', ...routes] = process.argv.slice(2);
const tls = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
/** As the coordinator's own client does: a member that hangs must look like one. */
const PING_MS = 2_000;
/** Of one attempt, and of all: a member that is away comes back. */
const ATTEMPT_MS = 5_000;
const DELIVERY_MS = 60_000;
const AGAIN_MS = 500;
/** Of a connection, which the other side does not get to hear of. */
const own: ReadonlySet<string> = new Set([':authority', 'connection', 'host']);

interface Holding {
  readonly how: string;
  readonly ms: number;
}
let holding: Holding | undefined;

createInterface({ input: process.stdin }).on('line', (line) => {
  const [how = 'pass', ms] = line.split(' ');
  holding = how === 'pass' ? undefined : { how, ms: Number(ms) };
});
for (const route of routes) {
  const [port = '', member = ''] = route.split('=');
  listen(Number(port), member);
}

function listen(port: number, member: string): void {
  const server = createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: true });
  server.on('session', (downstream) => {
    const upstream = connect(`https://${member}`, tls);
    const end = (): void => {
      clearInterval(pings);
      upstream.destroy();
      downstream.destroy();
    };
    let isAnswered = true;
    const pings = setInterval(() => {
      if (!isAnswered) return end();
      isAnswered = false;
      if (!upstream.closed) upstream.ping((error) => void (isAnswered = error === null));
    }, PING_MS);
    upstream.on('error', end);
    upstream.on('close', end);
    downstream.on('error', end);
    downstream.on('close', end);
    downstream.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      stream.on('error', () => undefined);
      if (holding !== undefined && headers[':path'] === '/etcdserverpb.KV/Txn') void hold(stream, headers, member, holding);
      else pass(stream, headers, upstream);
    });
  });
  server.on('sessionError', () => undefined);
  server.on('tlsClientError', () => undefined);
  server.listen(port, '127.0.0.1');
}

function pass(down: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ClientHttp2Session): void {
  const up = upstream.request(forwardable(headers));
  let trailers: OutgoingHttpHeaders = {};
  up.on('response', (answer, flags) => {
    if (down.destroyed) return;
    // one without a body says all that it has to say in its headers
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) down.respond(forwardable(answer), { endStream: true });
    else down.respond(forwardable(answer), { waitForTrailers: true });
  });
  up.on('trailers', (told) => void (trailers = forwardable(told)));
  up.on('error', () => down.close(constants.NGHTTP2_INTERNAL_ERROR));
  down.on('wantTrailers', () => down.sendTrailers(trailers));
  down.on('close', () => up.close(constants.NGHTTP2_CANCEL));
  down.pipe(up);
  up.pipe(down);
}

async function hold(down: ServerHttp2Stream, headers: IncomingHttpHeaders, member: string, { how, ms }: Holding): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of down) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  console.log('held');
  const wasHeard = how === 'lost-then-again' && (await deliver(headers, body, member));
  await delay(ms);
  const isHeard = await deliver(headers, body, member);
  if (isHeard) console.log(wasHeard ? 'again' : 'late');
  if (how === 'late-twice' && (await deliver(headers, body, member)) && isHeard) console.log('again');
  if (!down.destroyed) down.close(constants.NGHTTP2_CANCEL);
}

/**
 * Sends a transaction until the member answers. What it says, nobody hears.
 * @returns whether it has answered
 */
async function deliver(headers: IncomingHttpHeaders, body: Buffer, member: string): Promise<boolean> {
  const endMs = performance.now() + DELIVERY_MS;
  for (;;) {
    if (await attempt(headers, body, member)) return true;
    if (performance.now() > endMs) return false;
    await delay(AGAIN_MS);
  }
}

/** Sends it once, over a connection of its own. */
async function attempt(headers: IncomingHttpHeaders, body: Buffer, member: string): Promise<boolean> {
  const session = connect(`https://${member}`, tls);
  let isAnswered = false;
  const over = new Promise<void>((resolve) => {
    const request = session.request(forwardable(headers));
    request.on('trailers', (told) => void (isAnswered = told['grpc-status'] === '0'));
    request.on('error', () => resolve());
    request.on('close', () => resolve());
    request.resume();
    request.end(body);
    session.on('error', () => resolve());
  });
  await Promise.race([over, delay(ATTEMPT_MS, undefined, { ref: false })]);
  session.destroy();
  return isAnswered;
}

function forwardable(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name)));
}
