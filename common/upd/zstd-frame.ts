/** What the header of a zstd frame promises, and where the frame ends (RFC 8878, section 3.1.1). */
export interface ZstdFrame {
  readonly contentSize: number;
  readonly windowSize: number;
  /** Bytes of the whole frame, header to checksum. */
  readonly length: number;
}

const MAGIC = 0xfd2fb528;
/** Block_Type 1: one byte, repeated. */
const RLE = 1;
const RESERVED = 3;

/**
 * Walks the first zstd frame in a buffer by its block headers, without decompressing anything. Node's decoder drops whatever follows the first
 * frame silently, so only this shows that a frame is all there is.
 * @returns a sentence's end that says what is wrong, where something is: no frame, no content size, a dictionary, reserved bits, a cut.
 */
export function walkZstdFrame(bytes: Uint8Array): ZstdFrame | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== MAGIC) return 'does not begin with a zstd frame';
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  if ((descriptor & 0x08) !== 0) return 'has a reserved bit set in its frame header';
  if ((descriptor & 0x03) !== 0) return 'names a dictionary';
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  if (sizeBytes === 0) return 'does not state its content size';

  let at = 5;
  const windowDescriptor = isSingleSegment ? undefined : view.getUint8(at++);
  if (at + sizeBytes > bytes.length) return 'is cut inside its frame header';
  const contentSize = readContentSize(view, at, sizeBytes);
  at += sizeBytes;
  const windowSize = windowDescriptor === undefined ? contentSize : windowSizeOf(windowDescriptor);

  for (let isLast = false; !isLast;) {
    if (at + 3 > bytes.length) return 'is cut inside a block header';
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    at += 3;
    isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    if (type === RESERVED) return 'has a block of the reserved type';
    at += type === RLE ? 1 : header >> 3;
  }
  if (hasChecksum) at += 4;
  if (at > bytes.length) return 'is cut inside its last block';
  return { contentSize, windowSize, length: at };
}

function readContentSize(view: DataView, at: number, sizeBytes: number): number {
  switch (sizeBytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

function windowSizeOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}
