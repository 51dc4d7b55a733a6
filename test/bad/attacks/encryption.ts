import { wrapContentKey } from '../../../common/upd/recipients.ts';
import { attacks, changed, contentKey, flipped, frames, otherId, type Attack, type Forgery, type Sealing } from '../forge.ts';
import { noise } from '../kit.ts';

const [firstFrame = Buffer.alloc(0), secondFrame = Buffer.alloc(0)] = frames;

/** An encrypted package with other recipients than the builder's. */
const recipients = (make: (wrapped: Buffer, recipient: string) => Buffer | Promise<Buffer>): Forgery => ({
  encryptedFor: 'us',
  parts: async (parts, { recipient }) => ({ recipients: await make(parts.recipients, recipient) }),
});

/** A validly signed, encrypted package with other segments. */
const sealed = (make: (seal: Sealing, good: readonly Buffer[]) => readonly Buffer[]): Forgery => ({
  encryptedFor: 'us',
  segments: (good, seal) => make(seal, good),
});

const wrapped = async (key: Uint8Array, recipient: string): Promise<Buffer> => Buffer.from(await wrapContentKey(key, [recipient]));

export const encryptionAttacks: readonly Attack[] = [
  ...attacks('KEY_WRONG', 'encryption', {
    'a key wrapped for another cluster': { encryptedFor: 'others' },
    'recipients of another package with its key': recipients((_good, recipient) => wrapped(noise('another key', 32), recipient)),
    'a key of 16 bytes': recipients((_good, recipient) => wrapped(contentKey.subarray(0, 16), recipient)),
    'a key of 33 bytes': recipients((_good, recipient) => wrapped(Buffer.concat([contentKey, Buffer.alloc(1)]), recipient)),
    'no key': recipients((_good, recipient) => wrapped(Buffer.alloc(0), recipient)),
    'recipients that are garbage': recipients(() => noise('recipients', 200)),
    'recipients that were cut': recipients((good) => good.subarray(0, -1)),
    'recipients with a flipped bit in the wrapped key': recipients((good) => flipped(good, -1)),
    'recipients with a flipped bit in their header': recipients((good) => flipped(good, 60)),
    'something after the wrapped key': recipients((good) => Buffer.concat([good, Buffer.alloc(1)])),
    'a commitment to another key': {
      encryptedFor: 'us',
      ...changed({ encryption: { cipher: 'AES-256-GCM', keyCommitment: 'a'.repeat(64) } }),
    },
  }),
  ...attacks('PACKAGE_MALFORMED', 'encryption', {
    'recipients and no encryption': { parts: async (_parts, { recipient }) => ({ recipients: await wrapped(contentKey, recipient) }) },
    'encryption and no recipients': { encryptedFor: 'us', parts: () => ({ recipients: Buffer.alloc(0) }) },
    'a cipher that is none': changed({ encryption: { cipher: 'ROT13', keyCommitment: 'a'.repeat(64) } }),
    'a nonce of its own': changed({ encryption: { cipher: 'AES-256-GCM', keyCommitment: 'a'.repeat(64), nonce: 0 } }),
    'recipients above their cap': recipients(() => Buffer.alloc(1024 * 1024 + 1)),
    'more recipients than a package may have': recipients((good) => {
      const [begin, end] = [good.indexOf('\n-> '), good.indexOf('\n---')];
      return Buffer.concat([good.subarray(0, begin), ...Array.from({ length: 300 }, () => good.subarray(begin, end)), good.subarray(end)]);
    }),
  }),
  ...attacks('PACKAGE_CORRUPT', 'encryption', {
    'the tag of the first segment flipped': { encryptedFor: 'us', area: ([a = firstFrame, ...rest]) => [flipped(a, -1), ...rest] },
    'the tag of the second segment flipped': { encryptedFor: 'us', area: ([a = firstFrame, b = secondFrame]) => [a, flipped(b, -16)] },
  }),
  ...attacks('PACKAGE_CORRUPT', 'signed encryption', {
    'the tag of the first segment flipped': sealed((_seal, [a = firstFrame, b = secondFrame]) => [flipped(a, -1), b]),
    'the tag of the second segment flipped': sealed((_seal, [a = firstFrame, b = secondFrame]) => [a, flipped(b, -16)]),
    'a bit of the ciphertext flipped': sealed((_seal, [a = firstFrame, b = secondFrame]) => [flipped(a, 0), b]),
    'segments swapped': sealed((_seal, [a = firstFrame, b = secondFrame]) => [b, a]),
    'a segment repeated': sealed((_seal, [a = firstFrame]) => [a, a]),
    'a segment of another package with the same key': sealed((seal) => [seal(firstFrame, 0, 2, otherId), seal(secondFrame, 1)]),
    'a segment of a package of three': sealed((seal) => [seal(firstFrame, 0, 3), seal(secondFrame, 1)]),
    'a segment that is not encrypted': sealed((seal) => [firstFrame, seal(secondFrame, 1)]),
    'a segment too short for a tag': sealed((seal) => [Buffer.alloc(15), seal(secondFrame, 1)]),
    'a segment that is a tag alone': sealed((seal) => [Buffer.alloc(16), seal(secondFrame, 1)]),
    'a sealed segment of nothing': sealed((seal) => [seal(Buffer.alloc(0), 0), seal(secondFrame, 1)]),
    'two frames under one tag': sealed((seal) => [seal(Buffer.concat([firstFrame, secondFrame]), 0), seal(secondFrame, 1)]),
  }),
];
