import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Socket } from 'node:net';
import type { Credential } from '../../common/credential.ts';
import { abortError, Deadline, pause } from '../../common/deadline.ts';
import { toUvsError, UvsError } from '../../common/errors.ts';
import { clientTlsOptions, type WithdrawnCheck } from '../../common/tls.ts';
import { discard } from '../../common/upd/discard.ts';
import type { PackageSource } from '../../common/upd/source.ts';
import { backoffMs } from './backoff.ts';
import { refusedAnswer, transportError } from './https-failure.ts';

/** A connection over which nothing comes for this long is given up. */
const IDLE_MS = 15_000;
/** One that is slower than this over a whole read is left for another one, which goes on where it got to. */
const SLOWEST_BYTES_PER_SECOND = 64 * 1024;
/** A read may take as long as so many that are each as slow as that, however often the connection breaks: a byte for each must have an end too. */
const SLOWEST_READS = 4;
/** Rounds over all coordinators without a single byte before a read fails; whoever has more patience reads again. */
const FRUITLESS_ROUNDS = 3;
const RETRY_CAP_MS = 2_000;
/** Segments are at most 8 MiB. */
const MAX_READ_BYTES = 16 * 1024 * 1024;

export interface HttpsClientOptions {
  readonly credential: Credential;
  readonly isWithdrawn: WithdrawnCheck;
  /** HTTPS addresses of the coordinators as known at the moment, most promising first. */
  readonly addresses: () => readonly string[];
  /** Hears of every piece that arrives, in bytes. */
  readonly onBytes: (count: number) => void;
  /** 0 to 1. */
  readonly random: () => number;
  /** Default 15000. */
  readonly idleMs?: number;
  /** Default 65536. */
  readonly slowestBytesPerSecond?: number;
}

/** Connections to the coordinators' package stores, kept alive between reads. */
export class HttpsClient implements Disposable {
  readonly #options: HttpsClientOptions;
  readonly #agent: Agent;
  /** The coordinator that last delivered, at its place in the list of the moment. */
  #preferred: string | undefined;
  /** Sockets whose bytes are discarded once they are read. */
  readonly #discarding = new WeakSet<Socket>();

  constructor(options: HttpsClientOptions) {
    this.#options = options;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 4,
      // a resumed TLS session skips checkServerIdentity, and with it the list of withdrawn certificates
      maxCachedSessions: 0,
      ...clientTlsOptions(options.credential, options.isWithdrawn),
    });
  }

  /**
   * The package of this digest and size, read piece by piece; where a coordinator's copy is damaged, the others are asked.
   * @param tell hears whose copy is damaged, once
   */
  package(digest: string, sizeBytes: number, tell: (line: string) => void): PackageSource {
    const damaged = new Set<string>();
    return {
      sizeBytes,
      read: (offset, length, signal, isSound = () => true) => {
        const range = { digest, sizeBytes, from: offset, to: offset + length - 1 };
        return this.#readSound({ range, damaged, isSound, tell }, signal);
      },
    };
  }

  /** Ends all connections, e.g. because a certificate was withdrawn; the next read makes new ones. */
  dropConnections(): void {
    this.#agent.destroy();
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #readSound({ range, damaged, isSound, tell }: Reading, signal: AbortSignal): Promise<Uint8Array> {
    const first = await this.#read(range, () => this.#addresses(damaged), signal);
    if (isSound(first.bytes)) return first.bytes;
    const failures: UvsError[] = [];
    const found: string[] = [];
    for (const address of this.#addresses(damaged)) {
      // bytes of several do not tell whose were bad: then each is asked alone
      const isKnown = first.senders.size === 1 && first.senders.has(address);
      try {
        const bytes = isKnown ? first.bytes : (await this.#read(range, () => [address], signal)).bytes;
        if (!isKnown && isSound(bytes)) return bytes;
        found.push(address);
        if (!damaged.has(address)) tell(`${damagedCopy(range, [address])}; asking the other coordinators`);
        damaged.add(address);
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        failures.push(toUvsError(thrown));
      }
    }
    throw nowhereSound(range, found.length > 0 ? found : [...first.senders], failures);
  }

  /** Resumes where a connection broke, at the next coordinator. */
  async #read(range: Range, addresses: () => readonly string[], signal: AbortSignal): Promise<Received> {
    const { digest, sizeBytes, from, to } = range;
    const length = to - from + 1;
    if (length > MAX_READ_BYTES) throw new UvsError('INVALID_ARGUMENT', `a read of ${length} bytes is too large`);
    if (to >= sizeBytes) {
      throw new UvsError('PACKAGE_TRUNCATED', `package ${digest.slice(0, 12)} ends at byte ${sizeBytes}, before ${to + 1}`);
    }
    const received = { bytes: Buffer.allocUnsafe(length), senders: new Set<string>() };
    if (length === 0) return received;
    const what = `bytes ${from} to ${to} of package ${digest.slice(0, 12)}`;
    using whole = new Deadline(SLOWEST_READS * this.#limitMs(length), what, signal);
    let have = 0;
    let failures: UvsError[] = [];
    let lastFailures: readonly UvsError[] = [];
    const stopped = (): UvsError => tooLate(abortError(whole.signal, what), signal.aborted ? [] : [...lastFailures, ...failures]);
    for (let round = 0; ; round += 1) {
      lastFailures = failures;
      failures = [];
      for (const address of addresses()) {
        const before = have;
        try {
          await this.#fetch(address, { ...range, from: from + have }, whole.signal, (piece) => {
            received.senders.add(address);
            piece.copy(received.bytes, have);
            have += piece.length;
            this.#options.onBytes(piece.length);
            discard(piece);
          });
          this.#preferred = address;
          return received;
        } catch (thrown) {
          if (whole.signal.aborted) throw stopped();
          if (have === length) return received;
          failures.push(toUvsError(thrown));
          if (have > before) round = -1; // bytes came: this is a working path that broke
        }
      }
      if (failures.length > 0 && failures.every((error) => error.reason === 'NOT_FOUND')) throw nowhere(digest, failures);
      const isPassing = failures.length === 0 || failures.some(isPassingFailure);
      if (!isPassing || round + 1 >= FRUITLESS_ROUNDS) throw exhausted(digest, failures);
      await pause(backoffMs(round + 1, RETRY_CAP_MS, this.#options.random()), what, whole.signal).catch(() => {
        throw stopped();
      });
    }
  }

  /** How long so many bytes may take. */
  #limitMs(length: number): number {
    const { idleMs = IDLE_MS, slowestBytesPerSecond = SLOWEST_BYTES_PER_SECOND } = this.#options;
    return Math.ceil(idleMs + (length * 1000) / slowestBytesPerSecond);
  }

  /** The one that last delivered first, those whose copy is damaged last: elsewhere it may still be good. */
  #addresses(damaged: ReadonlySet<string>): readonly string[] {
    const rank = (address: string): number => (damaged.has(address) ? 2 : address === this.#preferred ? 0 : 1);
    return this.#options.addresses().toSorted((left, right) => rank(left) - rank(right));
  }

  /**
   * What TLS has decrypted the HTTP parser copies, and is garbage from then on. V8 does not count it in time: together with those copies 30 MiB
   * gathered while a release came in.
   */
  #discardWhatComes(socket: Socket): void {
    if (this.#discarding.has(socket)) return;
    this.#discarding.add(socket);
    // after the parser, which listens too
    socket.on('data', (bytes: Buffer) => setImmediate(discard, bytes));
  }

  #fetch(address: string, range: Range, signal: AbortSignal, onPiece: (piece: Buffer) => void): Promise<void> {
    const url = new URL(`https://${address}/v1/packages/${range.digest}`);
    const { idleMs = IDLE_MS } = this.#options;
    const limitMs = this.#limitMs(range.to - range.from + 1);
    let limit: NodeJS.Timeout | undefined;
    return new Promise<void>((resolve, reject) => {
      const call = request(url, {
        agent: this.#agent,
        signal,
        headers: { range: `bytes=${range.from}-${range.to}`, 'accept-encoding': 'identity' },
      });
      call.setTimeout(idleMs, () => {
        call.destroy(new UvsError('DEADLINE_EXCEEDED', `nothing came from ${address} for ${idleMs / 1000} s`));
      });
      limit = setTimeout(() => {
        const slow = new UvsError('DEADLINE_EXCEEDED', `${address} sent less than was asked for within ${Math.round(limitMs / 1000)} s`);
        reject(slow);
        call.destroy(slow);
      }, limitMs);
      call.on('error', (error) => reject(transportError(error, address)));
      call.once('socket', (socket) => this.#discardWhatComes(socket));
      call.on('response', (response) => {
        if (response.statusCode !== 206) {
          void refusedAnswer(response, address).then(reject, reject);
          return;
        }
        const wrong = wrongRange(response, range, address);
        if (wrong !== undefined) {
          call.destroy(wrong);
          reject(wrong);
          return;
        }
        let left = range.to - range.from + 1;
        response.on('data', (piece: Buffer) => {
          if (piece.length > left) {
            call.destroy(new UvsError('PACKAGE_CORRUPT', `${address} sent more than was asked for`));
            return;
          }
          left -= piece.length;
          onPiece(piece);
        });
        response.on('error', (error) => reject(transportError(error, address)));
        response.on('end', () => {
          if (left === 0) resolve();
          else reject(new UvsError('UNREACHABLE', `${address} ended ${left} bytes too early`));
        });
      });
      call.end();
    }).finally(() => clearTimeout(limit));
  }
}

interface Reading {
  readonly range: Range;
  /** Coordinators whose copy of the package was found damaged anywhere. */
  readonly damaged: Set<string>;
  readonly isSound: (bytes: Uint8Array) => boolean;
  readonly tell: (line: string) => void;
}

interface Received {
  readonly bytes: Uint8Array;
  /** Coordinators of whom some of the bytes came. */
  readonly senders: ReadonlySet<string>;
}

interface Range {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

/** A server that answers another range than the one asked for would put bytes where they do not belong. */
function wrongRange(response: IncomingMessage, range: Range, address: string): UvsError | undefined {
  const expected = `bytes ${range.from}-${range.to}/${range.sizeBytes}`;
  const got = response.headers['content-range'];
  const length = response.headers['content-length'];
  if (got === expected && length === String(range.to - range.from + 1)) return undefined;
  return new UvsError(
    'PACKAGE_CORRUPT',
    `${address} answered ${got ?? 'no range'} (${length ?? '?'} bytes) where ${expected} was asked for`,
  );
}

function isPassingFailure({ reason }: UvsError): boolean {
  return reason === 'UNREACHABLE' || reason === 'DEADLINE_EXCEEDED';
}

function damagedCopy({ digest, from, to }: Range, addresses: readonly string[]): string {
  return `the copy of package ${digest.slice(0, 12)} at ${addresses.join(' and ')} is damaged: bytes ${from} to ${to} are not what was signed`;
}

/** As long as somebody who was not reached may have a good copy, it is worth trying again. */
function nowhereSound(range: Range, damaged: readonly string[], failures: readonly UvsError[]): UvsError {
  const others = failures.map((error) => `; ${error.message}`).join('');
  const passing = failures.find(isPassingFailure);
  if (passing !== undefined) return new UvsError(passing.reason, `${damagedCopy(range, damaged)}${others}`, { cause: passing });
  return new UvsError('PACKAGE_CORRUPT', `${damagedCopy(range, damaged)}, and nobody else has it${others}`, {
    cause: failures[0],
    hint: "Look at those coordinators' disks; then remove the package with `uvsctl packages rm` and upload it again.",
  });
}

function nowhere(digest: string, failures: readonly UvsError[]): UvsError {
  return new UvsError('NOT_FOUND', `no coordinator has package ${digest}`, {
    cause: failures[0],
    hint: 'It may have been deleted: upload it again.',
  });
}

/** The end of a read that went on for too long, with what it was that went wrong each time. */
function tooLate(end: UvsError, failures: readonly UvsError[]): UvsError {
  const said = [...new Set(failures.map(({ message }) => message))];
  return said.length === 0 ? end : new UvsError(end.reason, `${end.message}: ${said.join('; ')}`, { cause: failures[0] });
}

function exhausted(digest: string, failures: readonly UvsError[]): UvsError {
  const [first] = failures;
  if (first === undefined)
    return new UvsError('UNREACHABLE', `no coordinator is known that has package ${digest}; there was no welcome yet`);
  const isCommon = failures.every((error) => error.reason === first.reason);
  const reason = isCommon ? first.reason : 'UNREACHABLE';
  return new UvsError(reason, `package ${digest.slice(0, 12)} could not be fetched: ${failures.map((error) => error.message).join('; ')}`, {
    cause: first,
  });
}
