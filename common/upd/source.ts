/** Random access to the bytes of a package, wherever they are: a local file, or HTTPS with Range. */
export interface PackageSource {
  readonly sizeBytes: number;
  /**
   * Reads exactly `length` bytes from `offset`.
   * @throws UvsError PACKAGE_TRUNCATED where the bytes end before; UNREACHABLE or DEADLINE_EXCEEDED from the network.
   */
  read(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>;
}
