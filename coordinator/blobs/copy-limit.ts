/** Slowest rate at which a copy may come before it is given up: 2 MiB/s, and ten seconds for everything else. */
const SLOWEST_BYTES_PER_SECOND = 2 * 1024 * 1024;
const BASE_MS = 10_000;
/** Where coordinators send at a limited rate, copies get half of it (blobs/pacer.ts), and hardly more than this go on at once. */
const COPIES_AT_ONCE = 8;
const LONGEST_MS = 24 * 3_600_000;

/**
 * How long the copying of a package between coordinators may take, in milliseconds; what has come by then is kept, and the next try goes on
 * from it.
 * @param servedBytesPerSecond how fast a coordinator sends packages, to all together; undefined: as fast as it can
 */
export function copyLimitMs(sizeBytes: number, servedBytesPerSecond: number | undefined): number {
  const ownPart = servedBytesPerSecond === undefined ? Infinity : servedBytesPerSecond / 2 / COPIES_AT_ONCE;
  return Math.min(LONGEST_MS, BASE_MS + Math.ceil((sizeBytes * 1000) / Math.min(SLOWEST_BYTES_PER_SECOND, ownPart)));
}
