import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, read, readFileSync, type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import { UvsError } from '../../common/errors.ts';
import { isErrno } from '../files/errno.ts';
import { openToReadSync } from '../files/reading.ts';

/** The one part of WebAssembly that is used; its types come only with those of browsers. */
declare const WebAssembly: { readonly Memory: new (pages: { readonly initial: number }) => { readonly buffer: ArrayBuffer } };

const BUFFER_BYTES = 1024 * 1024;
const PAGE_BYTES = 64 * 1024;
const SOMEBODY = 'Somebody has put something else there while it was read: see who may write to its directory.';

/** What was read, in which inode, and whether it came past the page cache. */
export interface DeviceRead {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly isDirect: boolean;
  /** As it was before the first byte was read. */
  readonly inode: BigIntStats;
}

/**
 * Reads files past the page cache with O_DIRECT, which needs aligned memory: that of a WebAssembly.Memory begins on a page.
 * Falls back to an ordinary read, and says so, where the file system has no O_DIRECT. One file at a time per reader.
 */
export class DeviceReader {
  readonly #buffer = Buffer.from(new WebAssembly.Memory({ initial: BUFFER_BYTES / PAGE_BYTES }).buffer);

  /** @param name for errors. @throws UvsError READBACK_MISMATCH where something else than a file is there by now; system errors as they are */
  async hash(address: string | Buffer, name: string): Promise<DeviceRead> {
    try {
      return await this.#read(address, name, constants.O_DIRECT);
    } catch (error) {
      if (!isErrno(error, 'EINVAL', 'EOPNOTSUPP')) throw error;
      return await this.#read(address, name, 0);
    }
  }

  async #read(address: string | Buffer, name: string, directFlag: number): Promise<DeviceRead> {
    // opened at once: the address may not be good any more in another turn of the event loop. It must not wait then, as it would for who writes to
    // a pipe, which whoever owns the directory can put there at any moment
    const fd = openToReadSync(address, constants.O_NOFOLLOW | constants.O_NONBLOCK | directFlag);
    try {
      const inode = fstatSync(fd, { bigint: true });
      if (!inode.isFile()) throw new UvsError('READBACK_MISMATCH', `${name} is no regular file any more`, { hint: SOMEBODY });
      const hash = createHash('sha256');
      let sizeBytes = 0;
      for (;;) {
        const { bytesRead } = await readLater(fd, this.#buffer, 0, BUFFER_BYTES, sizeBytes);
        hash.update(this.#buffer.subarray(0, bytesRead));
        sizeBytes += bytesRead;
        if (bytesRead < BUFFER_BYTES) break;
      }
      return { sha256: hash.digest('hex'), sizeBytes, isDirect: directFlag !== 0, inode };
    } finally {
      closeSync(fd);
    }
  }
}

const readLater = promisify(read);

/** Bytes that this process caused to be read from storage so far, by the kernel's count (proc_pid_io(5)); undefined where it keeps none. */
export function bytesReadFromStorage(): number | undefined {
  try {
    const found = /^read_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}
