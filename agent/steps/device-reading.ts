import { UvsError } from '../../common/errors.ts';
import { isErrno, pathError } from '../files/errno.ts';
import { bytesReadFromStorage, DeviceReader, type DeviceRead } from '../os/device-reader.ts';

/** Files read at once: enough to keep an SSD busy, little enough for small memories (1 MiB each). */
const READERS = 4;

/** Reads contents past the page cache, several at once, and tells by the kernel's count whether they came from the device. */
export class DeviceReading {
  #readBytes = 0;
  /** A file that could not be read past the page cache. */
  #cachedName: string | undefined;
  readonly #before = bytesReadFromStorage();
  readonly #idle: DeviceReader[] = [];

  get readBytes(): number {
    return this.#readBytes;
  }

  /** Calls `work` with each item, several at once; after a failure with no further one, and it is thrown when all have come to rest. */
  static async each<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
    const shared = items[Symbol.iterator]();
    const failures: unknown[] = [];
    const takeTurns = async (): Promise<void> => {
      for (let next = shared.next(); next.done !== true; next = shared.next()) {
        await work(next.value).catch((error: unknown) => failures.push(error));
        if (failures.length > 0) return;
      }
    };
    await Promise.all(Array.from({ length: READERS }, takeTurns));
    if (failures.length > 0) throw failures[0];
  }

  /** @param name for errors. @throws UvsError READBACK_MISMATCH where the device can't give the content back */
  async read(address: string, name: string): Promise<DeviceRead> {
    const reader = this.#idle.pop() ?? new DeviceReader();
    try {
      const read = await reader.hash(address, name);
      this.#readBytes += read.sizeBytes;
      if (!read.isDirect) this.#cachedName ??= name;
      return read;
    } catch (error) {
      if (isErrno(error, 'EIO', 'EUCLEAN', 'EBADMSG')) throw mismatch(name, 'cannot be read back from the device', error);
      throw pathError(error, name, 'reading back');
    } finally {
      this.#idle.push(reader);
    }
  }

  /** What is to be said of where the bytes came from. */
  judge(): string {
    const after = bytesReadFromStorage();
    const fromDevice = this.#before === undefined || after === undefined ? undefined : after - this.#before;
    const readBytes = this.#readBytes;
    if (this.#cachedName !== undefined)
      return `WARNING: read back through the page cache, not from the device: ${this.#cachedName} and others are on a file system without O_DIRECT`;
    if (fromDevice === undefined) return `Read back ${readBytes} bytes with O_DIRECT; the kernel keeps no count to prove it by`;
    // O_DIRECT reads whole blocks, so the count is never below the content where a device was read
    if (fromDevice < readBytes)
      return `WARNING: of ${readBytes} bytes read back the kernel counts only ${fromDevice} from storage: some file system answered from memory`;
    return `Read back ${readBytes} bytes from the device (${fromDevice} by the kernel's count)`;
  }
}

export function mismatch(name: string, what: string, cause?: unknown): UvsError {
  return new UvsError('READBACK_MISMATCH', `${name} ${what}`, { cause, hint: 'The disk may be failing: see the kernel log.' });
}
