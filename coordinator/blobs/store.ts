import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../../common/atomic-file.ts';
import { UvsError, type Reason } from '../../common/errors.ts';
import type { Clock } from '../ports.ts';
import { Incoming, writeError } from './incoming.ts';
import { demandPlace, demandRoom, heldBytes, type Begun } from './upload-shares.ts';

export interface BlobStoreOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Bytes that stay free on the disk for everything else. */
  readonly reserveBytes: number;
  /** Blobs that may be received at the same time. */
  readonly maxIncoming: number;
}

/** Bytes of a blob that come. */
export interface BlobPiece {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly start: number;
  /** Who brings them, as its certificate says: nobody has more than a share of the places and of the room; undefined: another coordinator. */
  readonly by: string | undefined;
}

/** Failures that say nothing about the bytes that have come: whoever brings them goes on after them. */
const passing: ReadonlySet<Reason> = new Set<Reason>(['UNREACHABLE', 'CANCELLED', 'DEADLINE_EXCEEDED']);

const digestPattern = /^[0-9a-f]{64}$/;

/** Bytes by their sha256: DIRECTORY/<digest> is whole and durable, DIRECTORY/incoming/ is what a crash may leave behind. */
export class BlobStore {
  readonly #options: BlobStoreOptions;
  readonly #sizes: Map<string, number>;
  readonly #incoming = new Map<string, Incoming>();
  /** Those that are about to be received. */
  readonly #beginning = new Map<string, Begun>();
  /** Files that are being removed: the same blob may be received again meanwhile. */
  readonly #removing = new Map<string, Promise<void>>();

  private constructor(options: BlobStoreOptions, sizes: Map<string, number>) {
    this.#options = options;
    this.#sizes = sizes;
  }

  /** Opens the folder, or makes it; what was being received when the last process ended is removed. */
  static async open(options: BlobStoreOptions): Promise<BlobStore> {
    const { directory } = options;
    await rm(join(directory, 'incoming'), { recursive: true, force: true });
    await mkdir(join(directory, 'incoming'), { recursive: true, mode: 0o700 });
    const sizes = new Map<string, number>();
    for (const name of await readdir(directory)) {
      if (digestPattern.test(name)) sizes.set(name, (await stat(join(directory, name))).size);
    }
    return new BlobStore(options, sizes);
  }

  get digests(): readonly string[] {
    return [...this.#sizes.keys()];
  }

  /** Size of a blob; undefined where it is not here as a whole. */
  sizeOf(digest: string): number | undefined {
    return this.#sizes.get(digest);
  }

  pathOf(digest: string): string {
    if (!digestPattern.test(digest)) throw new UvsError('INVALID_ARGUMENT', 'a blob is named by its sha256 in lower-case hex');
    return join(this.#options.directory, digest);
  }

  /** Bytes of a blob that are here already, whole or not. */
  receivedOf(digest: string): number {
    return this.#sizes.get(digest) ?? this.#incoming.get(digest)?.received ?? 0;
  }

  /**
   * @param by who would bring it, as of `BlobPiece`
   * @throws UvsError NO_SPACE unless what has not come of a blob fits beside what the others that are being received still bring; TOO_MANY where it is
   * more than its bringer's share
   */
  async demandSpace({ digest, sizeBytes, by }: Omit<BlobPiece, 'start'>): Promise<void> {
    const { directory, reserveBytes } = this.#options;
    const { bavail, bsize } = await statfs(directory);
    const begun = this.#begun();
    const freeBytes = bavail * bsize - reserveBytes;
    const roomBytes = begun.reduce((sum, { received }) => sum + received, freeBytes);
    demandRoom(begun, { digest, sizeBytes, by }, roomBytes);
    const room = Math.max(0, freeBytes - heldBytes(begun, { digest, by }, roomBytes));
    const needed = sizeBytes - Math.min(this.receivedOf(digest), sizeBytes);
    if (room >= needed) return;
    throw new UvsError('NO_SPACE', `${directory} has room for ${room} bytes, ${needed} are needed`, {
      hint: 'Delete packages that nobody needs, or give it more space.',
    });
  }

  /**
   * Receives bytes of a blob from `start` on, which must be where the last ones ended, and has it judged once it is whole. Bytes that came
   * before a connection broke are kept, also all of them; what is refused, or can't be read or written, is not, so that it can come anew.
   * @returns whether it is whole now. @throws UvsError CONFLICT (details.received), BUSY, TOO_MANY, NO_SPACE, PACKAGE_CORRUPT, whatever the body throws
   */
  async receive(piece: BlobPiece, body: AsyncIterable<Uint8Array>, judge: (path: string) => Promise<void>): Promise<boolean> {
    const incoming = await this.#take(piece);
    try {
      for await (const chunk of body) await incoming.write(chunk);
      if (incoming.received < incoming.sizeBytes) return false;
      await incoming.complete();
      await judge(incoming.path);
      await this.#keep(incoming);
      return true;
    } catch (error) {
      if (!(error instanceof UvsError && passing.has(error.reason))) await this.#discard(incoming);
      throw error;
    } finally {
      incoming.isBusy = false;
    }
  }

  /** It is not here any more as soon as this is called. */
  async remove(digest: string): Promise<void> {
    this.#sizes.delete(digest);
    const before = this.#removing.get(digest);
    const remove = async (): Promise<void> => {
      await before?.catch(() => undefined);
      await rm(this.pathOf(digest), { force: true });
    };
    const removed = remove().finally(() => {
      if (this.#removing.get(digest) === removed) this.#removing.delete(digest);
    });
    this.#removing.set(digest, removed);
    await removed;
    await syncDirectory(this.#options.directory);
  }

  /** Gives up what has been half received and idle for so long. */
  async expire(idleMs: number): Promise<void> {
    for (const incoming of this.#incoming.values()) {
      if (!incoming.isBusy && incoming.idleMs() > idleMs) await this.#discard(incoming);
    }
  }

  async #take(piece: BlobPiece): Promise<Incoming> {
    const present = this.#incoming.get(piece.digest);
    if (present?.isBusy === true || this.#beginning.has(piece.digest))
      throw new UvsError('BUSY', `the package ${piece.digest} is being received from somebody else`, { hint: 'Try again later.' });
    if (present !== undefined && present.sizeBytes === piece.sizeBytes && present.received === piece.start) {
      present.isBusy = true;
      return present;
    }
    if (piece.start !== 0) {
      const received = String(present?.received ?? 0);
      throw new UvsError('CONFLICT', `${received} bytes of ${piece.digest} are here, the request goes on from ${piece.start}`, {
        details: { received },
      });
    }
    const receiving = this.#incoming.size + this.#beginning.size - (present === undefined ? 0 : 1);
    if (receiving >= this.#options.maxIncoming) {
      throw new UvsError('BUSY', `${receiving} packages are being received already`, { hint: 'Try again later.' });
    }
    demandPlace(this.#begun(), piece, this.#options.maxIncoming);
    // before anything is waited for, so that two who come at once are not both let in
    this.#beginning.set(piece.digest, { ...piece, received: 0 });
    try {
      if (present !== undefined) await this.#discard(present);
      await this.demandSpace(piece);
      const path = join(this.#options.directory, 'incoming', piece.digest);
      const incoming = await Incoming.begin(piece, path, this.#options.clock);
      incoming.isBusy = true;
      this.#incoming.set(piece.digest, incoming);
      return incoming;
    } finally {
      this.#beginning.delete(piece.digest);
    }
  }

  #begun(): readonly Begun[] {
    return [...this.#beginning.values(), ...this.#incoming.values()];
  }

  async #keep(incoming: Incoming): Promise<void> {
    await this.#removing.get(incoming.digest)?.catch(() => undefined);
    try {
      await rename(incoming.path, this.pathOf(incoming.digest));
      await syncDirectory(this.#options.directory);
    } catch (error) {
      throw writeError(this.#options.directory, error);
    }
    this.#incoming.delete(incoming.digest);
    this.#sizes.set(incoming.digest, incoming.sizeBytes);
  }

  async #discard(incoming: Incoming): Promise<void> {
    if (this.#incoming.get(incoming.digest) === incoming) this.#incoming.delete(incoming.digest);
    await incoming.discard();
  }
}
