/**
 * Gives the memory of bytes back at once instead of when garbage is collected next, which a node with little memory feels: a release passes through in
 * pieces of megabytes. The bytes are empty from then on. Small ones, which share their memory with others, are left to the collector.
 */
export function discard(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && !buffer.detached && bytes.byteOffset === 0 && buffer.byteLength > Buffer.poolSize)
    buffer.transfer(0);
}
