import { existsSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { beforeDiskAct } from '../../common/disk-act.ts';

/** A file that is open to be written, whose acts are told before they are done. */
export class DiskFile implements AsyncDisposable {
  readonly path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** @param flags as of fopen(3): "r+" for one that is there, "w", "wx" for a new one, "a" to write at its end */
  static async open(path: string, flags: 'r+' | 'w' | 'wx' | 'a', mode?: number): Promise<DiskFile> {
    if (flags !== 'r+') beforeDiskAct('create', path, () => flags.startsWith('w') || !existsSync(path));
    return new DiskFile(path, await open(path, flags, mode));
  }

  get fd(): number {
    return this.#file.fd;
  }

  async sizeBytes(): Promise<number> {
    return (await this.#file.stat()).size;
  }

  /** Writes all of it. @param position undefined: where the file is, which is its end if it was opened to write there */
  async write(bytes: Uint8Array, position?: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      beforeDiskAct('write', this.path);
      const at = position === undefined ? undefined : position + done;
      done += (await this.#file.write(bytes, done, bytes.length - done, at)).bytesWritten;
    }
  }

  /** Reads at most so many bytes from the beginning. */
  async readStart(maxBytes: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.subarray(0, bytesRead);
  }

  /** Leaves at most so many bytes of its beginning. */
  async truncate(sizeBytes = 0): Promise<void> {
    beforeDiskAct('truncate', this.path);
    await this.#file.truncate(Math.min(sizeBytes, await this.sizeBytes()));
  }

  /** Makes its content durable. */
  async datasync(): Promise<void> {
    beforeDiskAct('sync', this.path);
    await this.#file.datasync();
  }

  /** Makes its content and its size durable. */
  async sync(): Promise<void> {
    beforeDiskAct('sync', this.path);
    await this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
