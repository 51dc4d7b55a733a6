import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

/** Where a segment stands: all of it is authenticated, so that segments can't be swapped, dropped or brought from another package. */
export interface SegmentPlace {
  /** The package id, 32 hex digits. */
  readonly id: string;
  readonly index: number;
  readonly count: number;
}

export const CONTENT_KEY_BYTES = 32;
const TAG_BYTES = 16;

/** Encrypts one segment with AES-256-GCM; the tag is appended. A content key serves one package id only, so that no nonce is used twice. */
export function encryptSegment(plain: Uint8Array, contentKey: Uint8Array, place: SegmentPlace): Buffer {
  const cipher = createCipheriv('aes-256-gcm', contentKey, nonceOf(place), { authTagLength: TAG_BYTES });
  cipher.setAAD(authenticatedData(place));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Decrypts one segment; undefined where the key, the place or the bytes are not the right ones. */
export function decryptSegment(stored: Uint8Array, contentKey: Uint8Array, place: SegmentPlace): Buffer | undefined {
  if (stored.length < TAG_BYTES) return undefined;
  const end = stored.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', contentKey, nonceOf(place), { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticatedData(place));
  decipher.setAuthTag(stored.subarray(end));
  const plain = decipher.update(stored.subarray(0, end));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plain;
}

/** What the signed manifest says of the key, without telling it: sha256 (hex) of "uvs/1/key\0" + key. */
export function commitmentOf(contentKey: Uint8Array): string {
  return createHash('sha256').update('uvs/1/key\0').update(contentKey).digest('hex');
}

/** 96 bits, the index as a big-endian number. */
function nonceOf({ index }: SegmentPlace): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 8);
  return nonce;
}

/** Id (16 bytes), index and count (32 bits each, big-endian). */
function authenticatedData({ id, index, count }: SegmentPlace): Buffer {
  const data = Buffer.alloc(24);
  data.write(id, 0, 'hex');
  data.writeUInt32BE(index, 16);
  data.writeUInt32BE(count, 20);
  return data;
}
