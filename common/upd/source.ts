/** Random access to the bytes of a package, wherever they are: a local file, or HTTPS with Range. */
export interface PackageSource {
  readonly sizeBytes: number;
  /**
   * Reads exactly `length` bytes from `offset`, into memory that is the caller's from then on.
   * @param isSound judges them; where it says no, a source that has more than one copy asks the others before it gives up. One with a single
   *   copy may leave it to the caller, who judges in any case.
   * @throws UvsError PACKAGE_TRUNCATED where the bytes end before; PACKAGE_CORRUPT where no copy is sound; UNREACHABLE or DEADLINE_EXCEEDED
   *   from the network.
   */
  read(offset: number, length: number, signal: AbortSignal, isSound?: (bytes: Uint8Array) => boolean): Promise<Uint8Array>;
}
