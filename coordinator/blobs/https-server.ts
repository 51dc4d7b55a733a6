import { open, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { isIPv6 } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Credential } from '../../common/credential.ts';
import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Peer } from '../../common/rpc/peer.ts';
import { listenError } from '../../common/rpc/server.ts';
import { serverTlsOptions } from '../../common/tls.ts';
import { authoriseHttps } from '../api/authorisation.ts';
import { requireDigest } from '../api/validate.ts';
import { Callers, type CallersOptions } from './callers.ts';
import { answerError, answerJson } from './http-answer.ts';
import type { Pacer } from './pacer.ts';
import { parseContentRange, parseRange } from './range.ts';
import type { Replicas } from './replicas.ts';
import type { BlobStore } from './store.ts';
import type { UploadPiece, Uploads } from './uploads.ts';

export interface BlobServerOptions extends CallersOptions {
  readonly tls: Pick<Credential, 'authority' | 'certificate' | 'key'>;
  /** False while the list of withdrawn certificates is not known yet. */
  readonly isOpen: () => boolean;
  readonly store: Pick<BlobStore, 'sizeOf' | 'pathOf'>;
  readonly uploads: Pick<Uploads, 'take' | 'maxBytes'>;
  readonly replicas: Pick<Replicas, 'fetchFrom'>;
  /** Limits how fast packages are sent, in all; undefined: as fast as they can be. */
  readonly pacer: Pick<Pacer, 'turn'> | undefined;
  readonly onBytes: (direction: 'in' | 'out', count: number) => void;
  readonly onDenied: (denial: {
    readonly method: string;
    readonly peer: string;
    readonly address: string;
    readonly error: UvsError;
  }) => void;
  readonly onInternal: (method: string, error: UvsError) => void;
  /** How long nothing may move on a connection while bytes are awaited; default 60 s. */
  readonly idleMs?: number;
}

const IDLE_MS = 60_000;
const MAX_CONNECTIONS = 20_000;
const READ_BYTES = 256 * 1024;

/** Bytes of packages over HTTPS with mutual TLS: GET and HEAD /v1/packages/D, PUT /v1/uploads/D, POST /v1/replicate/D. */
export class BlobServer {
  readonly #options: BlobServerOptions;
  readonly #server: Server;
  readonly #callers: Callers;
  readonly #stopping = new AbortController();
  readonly #idleMs: number;

  constructor(options: BlobServerOptions) {
    this.#options = options;
    this.#callers = new Callers(options);
    this.#server = createServer({ ...serverTlsOptions(options.tls), headersTimeout: 20_000, requestTimeout: 0 }, (request, response) => {
      void this.#answer(request, response);
    });
    this.#idleMs = options.idleMs ?? IDLE_MS;
    this.#server.timeout = this.#idleMs;
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('tlsClientError', () => undefined);
  }

  /** Resolves with the port. @throws UvsError PORT_IN_USE, CONFIG_INVALID */
  async listen(host: string, port: number): Promise<number> {
    return await new Promise<number>((resolve, reject) => {
      this.#server.on('error', (error) => reject(listenError(`${isIPv6(host) ? `[${host}]` : host}:${port}`, 'HTTPS', error)));
      this.#server.listen({ host, port }, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Cuts the connections of all whose certificates were withdrawn. */
  closeWithdrawn(): void {
    this.#callers.closeWithdrawn();
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort(new UvsError('CANCELLED', 'the coordinator stops'));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
      this.#server.close(() => {
        clearTimeout(timer);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = `${request.method ?? ''} ${(request.url ?? '').split('?')[0] ?? ''}`.slice(0, 200);
    let name = 'unknown';
    try {
      if (!this.#options.isOpen())
        throw new UvsError('NO_LEADER', 'this coordinator is starting or stopping', { hint: 'Try again in a few seconds.' });
      const caller = this.#callers.of(request.socket);
      ({ name } = caller.peer);
      await this.#callers.demand(caller);
      await this.#route(request, response, caller.peer);
    } catch (thrown) {
      const error = toUvsError(thrown);
      const isDenial = ['UNAUTHENTICATED', 'PERMISSION_DENIED', 'CERTIFICATE_WITHDRAWN'].includes(error.reason);
      if (isDenial) this.#options.onDenied({ method, peer: name, address: request.socket.remoteAddress ?? '', error });
      else if (error.reason === 'INTERNAL' && !request.socket.destroyed) this.#options.onInternal(method, error);
      answerError(request, response, thrown);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse, peer: Peer): Promise<void> {
    const url = URL.parse(request.url ?? '', 'https://coordinator');
    const [, collection, name] = /^\/v1\/(packages|uploads|replicate)\/([^/]{1,100})$/.exec(url?.pathname ?? '') ?? [];
    const verb = request.method ?? '';
    if (collection === 'packages' && (verb === 'GET' || verb === 'HEAD')) {
      authoriseHttps('read a package', peer);
      await this.#read(request, response, requireDigest(name ?? '', 'digest'), peer);
    } else if (collection === 'uploads' && verb === 'PUT') {
      authoriseHttps('upload a package', peer);
      await this.#upload(request, response, requireDigest(name ?? '', 'digest'), peer);
    } else if (collection === 'replicate' && verb === 'POST') {
      authoriseHttps('replicate a package', peer);
      await this.#replicate(request, response, requireDigest(name ?? '', 'digest'), url?.searchParams ?? new URLSearchParams());
    } else {
      throw new UvsError('NOT_FOUND', `there is nothing to ${verb.slice(0, 16)} here`);
    }
  }

  async #read(request: IncomingMessage, response: ServerResponse, digest: string, peer: Peer): Promise<void> {
    const { store, onBytes, pacer } = this.#options;
    const sizeBytes = store.sizeOf(digest);
    if (sizeBytes === undefined) throw new UvsError('NOT_FOUND', `this coordinator does not hold the package ${digest}`);
    const headers = { 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream', etag: `"${digest}"` };
    const range = request.method === 'GET' ? parseRange(request.headers.range, sizeBytes) : undefined;
    if (range === 'unsatisfiable') {
      response.writeHead(416, { ...headers, 'content-range': `bytes */${sizeBytes}`, 'content-length': 0 }).end();
      return;
    }
    const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
    const partial = range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${sizeBytes}` };
    response.writeHead(range === undefined ? 200 : 206, { ...headers, ...partial, 'content-length': end - start + 1 });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    await using file = await open(store.pathOf(digest), 'r');
    if (pacer === undefined) {
      const bytes = file.createReadStream({ start, end, highWaterMark: READ_BYTES });
      bytes.on('data', (chunk) => onBytes('out', chunk.length));
      await pipeline(bytes, response);
    } else {
      const gone = goneSignal(response);
      const pieces = readInTurns(file, start, end, (wanted) => pacer.turn(wanted, peer, gone));
      await pipeline(
        counted(pieces, (count) => onBytes('out', count)),
        response,
      );
    }
  }

  async #upload(request: IncomingMessage, response: ServerResponse, digest: string, peer: Peer): Promise<void> {
    const { piece, length } = pieceOf(request, digest);
    untimed(request);
    const signal = AbortSignal.any([this.#stopping.signal, goneSignal(response)]);
    const result = await this.#options.uploads.take(piece, this.#bodyOf(request, length), { identity: peer.name }, signal);
    if (result.kind === 'more') answerJson(response, 202, { receivedBytes: result.received });
    else
      answerJson(response, 200, {
        digest: result.record.digest,
        version: result.record.version,
        receivedBytes: result.record.sizeBytes,
        holders: result.record.holders,
      });
  }

  /** @throws UvsError UNREACHABLE where the body ends before its announced length: what has come is kept */
  async *#bodyOf(request: IncomingMessage, length: number): AsyncGenerator<Uint8Array, void, undefined> {
    let received = 0;
    request.setTimeout(this.#idleMs);
    try {
      for await (const chunk of request) {
        if (!(chunk instanceof Uint8Array)) throw new UvsError('INTERNAL', 'a request without an encoding gives bytes');
        received += chunk.length;
        if (received > length) throw new UvsError('INVALID_ARGUMENT', 'the body is longer than its Content-Range');
        this.#options.onBytes('in', chunk.length);
        yield chunk;
      }
    } catch (error) {
      if (error instanceof UvsError) throw error;
      throw new UvsError('UNREACHABLE', 'the connection broke during the upload', { cause: error });
    } finally {
      untimed(request);
    }
    if (received < length) throw new UvsError('UNREACHABLE', `the body ended after ${received} of ${length} bytes`);
  }

  async #replicate(request: IncomingMessage, response: ServerResponse, digest: string, query: URLSearchParams): Promise<void> {
    const sizeBytes = Number(query.get('size') ?? '');
    const from = query.get('from') ?? '';
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > this.#options.uploads.maxBytes) {
      throw new UvsError('INVALID_ARGUMENT', 'size must be the number of bytes of the package');
    }
    untimed(request);
    await this.#options.replicas.fetchFrom(from, digest, sizeBytes, this.#stopping.signal);
    answerJson(response, 200, { digest, receivedBytes: sizeBytes });
  }
}

/** The bytes of a file, each piece read when its turn has come: a download that waits holds none of them in memory. */
async function* readInTurns(
  file: FileHandle,
  start: number,
  end: number,
  turn: (wanted: number) => Promise<number>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at <= end;) {
    const length = await turn(end + 1 - at);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.allocUnsafe(length), position: at });
    if (bytesRead === 0) throw new UvsError('PACKAGE_CORRUPT', `the package's file ends at byte ${at}, ${end + 1 - at} too early`);
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function* counted(pieces: AsyncIterable<Uint8Array>, onBytes: (count: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    onBytes(piece.length);
    yield piece;
  }
}

function pieceOf(request: IncomingMessage, digest: string): { readonly piece: UploadPiece; readonly length: number } {
  const header = request.headers['content-range'];
  const announced = request.headers['content-length'];
  const range = header === undefined ? wholeOf(announced) : parseContentRange(header);
  if (range === undefined) {
    throw new UvsError('INVALID_ARGUMENT', 'the upload does not say which bytes it brings', {
      hint: 'Send Content-Range: bytes START-END/TOTAL, or bytes */TOTAL without a body to ask how it stands.',
    });
  }
  if (announced !== undefined && Number(announced) !== range.length) {
    throw new UvsError('INVALID_ARGUMENT', `Content-Length is ${announced}, Content-Range says ${range.length} bytes`);
  }
  return { piece: { digest, sizeBytes: range.total, start: range.start }, length: range.length };
}

function wholeOf(announced: string | undefined): ReturnType<typeof parseContentRange> {
  const length = Number(announced ?? '');
  return Number.isSafeInteger(length) && length > 0 ? { start: 0, length, total: length } : undefined;
}

/** While the answer is being worked on nothing moves on this connection: what the work itself waits for has deadlines. */
function untimed(request: IncomingMessage): void {
  request.setTimeout(0);
}

/** Aborts when the client has gone before it was answered. */
function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new UvsError('CANCELLED', 'the client has gone'));
  response.once('close', abort);
  if (response.closed) abort();
  return controller.signal;
}
