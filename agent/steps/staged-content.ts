import { createHash, type Hash } from 'node:crypto';
import { chmodSync, chownSync, closeSync, constants, lchownSync, linkSync, openSync, rmSync, symlinkSync, write, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { UvsError } from '../../common/errors.ts';
import { pathError } from '../files/errno.ts';

const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;

/** Up to this size a write is done at once: a turn of the event loop costs more than it; a larger one may wait for a slow disk. */
const AT_ONCE_BYTES = 64 * 1024;

const writeLater = promisify(write);

async function writeSome(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  if (bytes.length <= AT_ONCE_BYTES) return writeSync(fd, bytes, 0, bytes.length, position);
  return (await writeLater(fd, bytes, 0, bytes.length, position)).bytesWritten;
}

interface Metadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** One content on its way into the staging area: written piece by piece, hashed on the way, its metadata set at the end. */
export class StagedContent {
  readonly #address: () => string;
  readonly #name: string;
  readonly #sha256: string;
  readonly #metadata: Metadata;
  /** Undefined once the hash cannot be taken on the way and has to be read from the disk. */
  #hash: Hash | undefined = createHash('sha256');
  #hashedBytes = 0;
  #isFinished = false;
  #isNew = true;

  /** @param address of the staged file, asked anew for each use */
  constructor(address: () => string, name: string, sha256: string, metadata: Metadata) {
    this.#address = address;
    this.#name = name;
    this.#sha256 = sha256;
    this.#metadata = metadata;
  }

  /** Part of it is there from an earlier run: the whole is hashed from the disk at the end. */
  trustEarlierRun(): void {
    this.#hash = undefined;
    this.#isNew = false;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.#hash !== undefined && offset !== this.#hashedBytes) this.#hash = undefined;
    try {
      const fd = openSync(this.#address(), this.#isNew ? CREATE_FLAGS | constants.O_TRUNC : CREATE_FLAGS, 0o600);
      this.#isNew = false;
      try {
        for (let done = 0; done < bytes.length;) done += await writeSome(fd, bytes.subarray(done), offset + done);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw pathError(error, this.#name, 'staging');
    }
    this.#hash?.update(bytes);
    this.#hashedBytes += bytes.length;
  }

  /** Compares the content with its signed hash and sets the metadata. @throws UvsError PACKAGE_CORRUPT */
  async finish(): Promise<void> {
    if (this.#isFinished) return;
    const found = this.#hash?.digest('hex') ?? (await this.#hashFromDisk());
    if (found !== this.#sha256) throw new UvsError('PACKAGE_CORRUPT', `the content of ${this.#name} is not what the manifest says`);
    const address = this.#address();
    // chown(2) clears the set-user-ID bit, so the mode comes second
    if (process.geteuid?.() === 0) chownSync(address, this.#metadata.uid, this.#metadata.gid);
    chmodSync(address, this.#metadata.mode);
    this.#isFinished = true;
    this.#hash = undefined;
  }

  async #hashFromDisk(): Promise<string> {
    const hash = createHash('sha256');
    await using file = await open(this.#address(), constants.O_RDONLY | constants.O_NOFOLLOW);
    for await (const chunk of file.createReadStream({ autoClose: false })) if (chunk instanceof Uint8Array) hash.update(chunk);
    return hash.digest('hex');
  }

  static makeSymlink(address: string, entry: { readonly link: string; readonly uid: number; readonly gid: number }): void {
    rmSync(address, { force: true });
    symlinkSync(entry.link, address);
    if (process.geteuid?.() === 0) lchownSync(address, entry.uid, entry.gid);
  }

  static makeLink(existing: string, address: string): void {
    rmSync(address, { force: true });
    linkSync(existing, address);
  }
}
