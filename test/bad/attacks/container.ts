import { attacks, changed, flipped, u32, type Attack, type Forgery } from '../forge.ts';
import { noise } from '../kit.ts';

const cut = (length: (file: Buffer, at: { readonly manifest: number; readonly segments: number }) => number): Forgery => ({
  file: (file, at) => file.subarray(0, length(file, at)),
});

/** The length of a part, by its place among the four, says something else. */
const length = (place: 0 | 1 | 2 | 3, value: (length: number) => number): Forgery => ({
  file: (file) => {
    const lying = Buffer.from(file);
    let at = 8;
    for (let part = 0; part < place; part += 1) at += 4 + lying.readUInt32BE(at);
    lying.writeUInt32BE(value(lying.readUInt32BE(at)), at);
    return lying;
  },
});

const CAPS = [64 * 1024, 256 * 1024, 1024 * 1024, 16 * 1024 * 1024] as const;

export const containerAttacks: readonly Attack[] = [
  ...attacks('PACKAGE_TRUNCATED', 'container', {
    'cut inside the magic': cut(() => 5),
    'cut after the magic': cut(() => 8),
    'cut inside the length of the signatures': cut(() => 10),
    'cut inside the signatures': cut(() => 100),
    'cut before the manifest': cut((_file, at) => at.manifest - 4),
    'cut inside the manifest': cut((_file, at) => at.segments - 1),
    'cut before the segments': cut((_file, at) => at.segments),
    'cut between two segments': { area: (stored) => stored.slice(0, 1) },
    'cut by one byte': cut((file) => file.length - 1),
    'an allowed length of the signatures that the file does not have': length(0, () => CAPS[0]),
    'an allowed length of the manifest that the file does not have': length(3, () => CAPS[3]),
  }),
  ...attacks('PACKAGE_MALFORMED', 'container', {
    'a byte after the last segment': { file: (file) => Buffer.concat([file, Buffer.alloc(1)]) },
    'a second package after the first': { file: (file) => Buffer.concat([file, file]) },
    'segments of another package that has more': { area: (stored) => [...stored, ...stored] },
    'another magic': { file: (file) => flipped(file, 0) },
    'a magic of another family': { file: (file) => flipped(file, 6, 0x40) },
    'a line end that was changed on the way': { file: (file) => Buffer.concat([Buffer.from('UVSUPD1\r\n'), file.subarray(8)]) },
    'a ZIP archive': { file: () => Buffer.concat([Buffer.from('PK\x03\x04'), noise('zip', 1000)]) },
    'zeros alone': { file: () => Buffer.alloc(4096) },
    'a length of the signatures above its cap': length(0, () => CAPS[0] + 1),
    'a length of the root chain above its cap': length(1, () => CAPS[1] + 1),
    'a length of the recipients above its cap': length(2, () => CAPS[2] + 1),
    'a length of the manifest above its cap': length(3, () => CAPS[3] + 1),
    'a length of the signatures of 2^32 - 1': length(0, () => 0xffffffff),
    'a length of the manifest of 2^32 - 1': length(3, () => 0xffffffff),
    'a length of the signatures that is one too small': length(0, (was) => was - 1),
    'a manifest that is above its cap for real': {
      parts: ({ manifest }) => ({ manifest: Buffer.concat([manifest, Buffer.alloc(CAPS[3] + 1 - manifest.length, 0x20)]) }),
    },
  }),
  ...attacks('ROOT_INVALID', 'container', {
    'signatures and root chain swapped': {
      parts: ({ signatures, rootChain }) => ({ signatures: Buffer.concat([u32(0), rootChain]), rootChain: signatures }),
    },
  }),
  ...attacks('SIGNATURE_INVALID', 'container', {
    'a length of the manifest that is one too small': length(3, (was) => was - 1),
    'a length of the manifest that is one too large': length(3, (was) => was + 1),
    'the manifest in the place of the recipients as well': {
      parts: ({ manifest }) => ({ recipients: manifest, manifest: Buffer.alloc(0) }),
    },
  }),
  ...attacks('PACKAGE_FORMAT_TOO_NEW', 'container', {
    'a later container': { file: (file) => Buffer.concat([Buffer.from('UVSUPD2\n'), file.subarray(8)]) },
    'a later manifest': changed({ format: 2 }),
    'a later manifest with keys of its own': changed({ format: 3, quantum: true }),
  }),
];
