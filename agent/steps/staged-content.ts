import { closeSync, constants } from 'node:fs';
import type { Content, PutSymlink } from '../../common/upd/manifest.ts';
import { fchmodSync, fchownSync, lchownSync, linkSync, openSync, symlinkSync, unlinkIfThereSync, write, writeSync } from '../files/disk.ts';
import { pathError } from '../files/errno.ts';
import { openToReadSync } from '../files/reading.ts';

const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;

/** Up to this size a write is done at once: a turn of the event loop costs more than it; a larger one may wait for a slow disk. */
const AT_ONCE_BYTES = 64 * 1024;

async function writeSome(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  if (bytes.length <= AT_ONCE_BYTES) return writeSync(fd, bytes, position);
  return await write(fd, bytes, position);
}

interface Metadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * One content on its way into the staging area: written piece by piece, its metadata set with the last one. What the package brings is verified segment by
 * segment; the whole is compared with its own hash when it is read back (prove-staged.ts).
 */
export class StagedContent {
  /** Asked anew for each use. */
  readonly address: () => string;
  readonly name: string;
  /** As the manifest has it. */
  readonly content: Content;
  readonly #metadata: Metadata;
  #isFinished = false;
  #isNew = true;

  constructor(address: () => string, name: string, content: Content, metadata: Metadata) {
    this.address = address;
    this.name = name;
    this.content = content;
    this.#metadata = metadata;
  }

  /** Part of it is there from an earlier run. */
  trustEarlierRun(): void {
    this.#isNew = false;
  }

  async write(offset: number, bytes: Uint8Array, isLast: boolean): Promise<void> {
    try {
      const fd = openSync(this.address(), this.#isNew ? CREATE_FLAGS | constants.O_TRUNC : CREATE_FLAGS, 0o600);
      this.#isNew = false;
      try {
        for (let done = 0; done < bytes.length;) done += await writeSome(fd, bytes.subarray(done), offset + done);
        if (isLast) this.#setMetadata(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw pathError(error, this.name, 'staging');
    }
  }

  /** Sets the metadata where an earlier run has written the last piece. */
  finish(): void {
    if (this.#isFinished) return;
    try {
      const fd = openToReadSync(this.address(), constants.O_NOFOLLOW);
      try {
        this.#setMetadata(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw pathError(error, this.name, 'staging');
    }
  }

  #setMetadata(fd: number): void {
    try {
      // chown(2) clears the set-user-ID bit, so the mode comes second
      if (process.geteuid?.() === 0) fchownSync(fd, this.#metadata.uid, this.#metadata.gid);
      fchmodSync(fd, this.#metadata.mode);
    } catch (error) {
      throw pathError(error, this.name, 'setting owner and mode of');
    }
    this.#isFinished = true;
  }

  static makeSymlink(address: string, { path, link, uid, gid }: PutSymlink): void {
    try {
      unlinkIfThereSync(address);
      symlinkSync(link, address);
      if (process.geteuid?.() === 0) lchownSync(address, uid, gid);
    } catch (error) {
      throw pathError(error, path, 'staging');
    }
  }

  static makeLink(existing: string, address: string): void {
    unlinkIfThereSync(address);
    linkSync(existing, address);
  }
}
