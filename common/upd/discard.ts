/**
 * Gives the memory of bytes back at once instead of when garbage is collected next, which a node with little memory feels: a release passes through in
 * pieces of megabytes. The bytes are empty from then on. What may share its memory with others is left to the collector: a view of a part of
 * memory that is no larger than Node's pool of small buffers.
 */
export function discard(bytes: Uint8Array): void {
  const { buffer, byteOffset, byteLength } = bytes;
  if (!(buffer instanceof ArrayBuffer) || buffer.detached || byteOffset !== 0) return;
  if (byteLength === buffer.byteLength || buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
