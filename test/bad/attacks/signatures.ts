import { sign } from 'node:crypto';
import { signBytes, type Signature } from '../../../common/upd/keys.ts';
import { attacks, flipped, listOf, type Attack, type Forgery } from '../forge.ts';

/** With another list of signatures than the builder's. */
function signatures(
  make: (good: readonly Signature[], manifest: Buffer, of: Parameters<NonNullable<Forgery['parts']>>[1]) => readonly Signature[],
): Forgery {
  return {
    parts: ({ manifest }, kit) => {
      const good = kit.vendor.slice(0, 2).map((key) => signBytes('manifest', manifest, key));
      return { signatures: listOf(make(good, manifest, kit)) };
    },
  };
}

/** With the text of the list changed. */
function text(change: (list: string) => string | Buffer): Forgery {
  return { parts: (parts) => ({ signatures: Buffer.from(change(parts.signatures.toString())) }) };
}

/** With one of the good signatures changed. */
const second = (change: (signature: Signature, manifest: Buffer) => Signature): Forgery =>
  signatures(([one, two], manifest) => (one === undefined || two === undefined ? [] : [one, change(two, manifest)]));

/** The order of the group of Ed25519 (RFC 8032, section 5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same signature with L added to its second half: it holds for whoever does not demand the one canonical form. */
function malleable(signature: Uint8Array): Buffer {
  const bytes = Buffer.from(signature);
  const s = BigInt(`0x${Buffer.from(bytes.subarray(32).toReversed()).toString('hex')}`) + L;
  bytes.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex').toReversed(), 32);
  return bytes;
}

export const signatureAttacks: readonly Attack[] = [
  ...attacks('SIGNATURE_MISSING', 'signatures', {
    none: { parts: () => ({ signatures: Buffer.alloc(0) }) },
    'an empty list': { parts: () => ({ signatures: Buffer.from('[]') }) },
    'one key where two must sign': { keys: ({ vendor: [one] }) => [one] },
    'one key and a stranger': { keys: ({ vendor: [one], stranger }) => [one, stranger] },
    'one key and one that was withdrawn': { keys: ({ vendor: [one], withdrawn }) => [one, withdrawn] },
    'one key and one that signs root files': { keys: ({ vendor: [one], rootKey }) => [one, rootKey] },
  }),
  ...attacks('KEY_UNKNOWN', 'signatures', {
    'a stranger': { keys: ({ stranger }) => [stranger] },
    'a key that was withdrawn': { keys: ({ withdrawn }) => [withdrawn] },
    'a key that signs root files': { keys: ({ rootKey }) => [rootKey] },
    'trusted keys named by ids that are none': signatures((good) =>
      good.map((one) => ({ ...one, keyId: `${one.keyId.slice(32)}${one.keyId.slice(0, 32)}` })),
    ),
  }),
  ...attacks('TARGET_MISMATCH', 'signatures', {
    'a site key for the vendor’s product': { keys: ({ site }) => [site] },
    'a site key and one of the two vendor keys for the vendor’s product': { keys: ({ site, vendor: [one] }) => [site, one] },
    'a site key for the vendor’s component, in a package of the site’s': {
      keys: ({ site }) => [site],
      manifest: (manifest) => ({ ...manifest, product: 'local', components: { uvs: { epoch: 2 ** 31, releaseSeq: 1 } } }),
    },
    'a site key for the version of the vendor’s product, in a package of the site’s': {
      keys: ({ site }) => [site],
      manifest: (manifest) => ({
        ...manifest,
        product: 'local',
        components: { local: { epoch: 0, releaseSeq: 1 } },
        brings: { uvs: '9.9.9' },
      }),
    },
    'vendor keys for the site’s component': {
      manifest: (manifest) => ({ ...manifest, components: { local: { epoch: 0, releaseSeq: 1 } } }),
    },
    'vendor keys for the site’s product': { manifest: (manifest) => ({ ...manifest, product: 'local' }) },
  }),
  ...attacks('SIGNATURE_INVALID', 'signatures', {
    'a flipped bit': second((one) => ({ ...one, signature: flipped(Buffer.from(one.signature), 10) })),
    'all zeros': second((one) => ({ ...one, signature: Buffer.alloc(64) })),
    'with the group’s order added': second((one) => ({ ...one, signature: malleable(one.signature) })),
    'of one key under the other’s id': signatures(([one, two]) =>
      one === undefined || two === undefined ? [] : [one, { ...one, keyId: two.keyId }],
    ),
    'of a stranger under a trusted id': signatures((good, manifest, { stranger }) =>
      good.map((one) => ({ ...one, signature: signBytes('manifest', manifest, stranger).signature })),
    ),
    'made for a root file': signatures((_good, manifest, { vendor }) => vendor.map((key) => signBytes('root', manifest, key))),
    'made without a purpose': signatures((_good, manifest, { vendor }) =>
      vendor.map(({ keyId, privateKey }) => ({ keyId, signature: sign(null, manifest, privateKey) })),
    ),
    'of another manifest': signatures((_good, _manifest, { vendor }) =>
      vendor.map((key) => signBytes('manifest', Buffer.from('another one'), key)),
    ),
    'two good ones and a bad one': signatures((good, _manifest, { vendor: [, , three] }) => [
      ...good,
      signBytes('manifest', Buffer.from('another one'), three),
    ]),
    'another release number after signing': altered('"releaseSeq":8', '"releaseSeq":9'),
    'another path after signing': altered('etc/motd', 'etc/mote'),
    'another argument of a task after signing': altered('"args":[]', '"args":["-x"]'),
    'another task program after signing': altered('"name":"check","size":100', '"name":"check","size":101'),
    'white space after the manifest': { parts: ({ manifest }) => ({ manifest: Buffer.concat([manifest, Buffer.from(' ')]) }) },
    'no manifest': { parts: () => ({ manifest: Buffer.alloc(0) }) },
  }),
  ...attacks('PACKAGE_MALFORMED', 'signatures', {
    'one key twice': { keys: ({ vendor: [one] }) => [one, one] },
    'one key twice beside another': { keys: ({ vendor: [one, two] }) => [one, two, two] },
    'one key twice, once in capitals': signatures(([one]) => (one === undefined ? [] : [one, { ...one, keyId: one.keyId.toUpperCase() }])),
    'one byte too short': second((one) => ({ ...one, signature: one.signature.subarray(1) })),
    'one byte too long': second((one) => ({ ...one, signature: Buffer.concat([one.signature, Buffer.alloc(1)]) })),
    'sixty-five of strangers beside the good ones': signatures((good) => [
      ...good,
      ...Array.from({ length: 65 }, (_, n) => ({ keyId: n.toString(16).padStart(64, '0'), signature: Buffer.alloc(64) })),
    ]),
    'not base64': text((list) => list.replace('"signature":"', '"signature":"*')),
    'base64 without padding': text((list) => list.replaceAll('=', '')),
    'an object for the list': text((list) => `{"0":${list}}`),
    'an unknown key': text((list) => list.replaceAll('}', ',"note":""}')),
    'a key twice': text((list) => list.replaceAll('}', ',"keyId":""}')),
    'the key __proto__': text((list) => list.replaceAll('}', ',"__proto__":{}}')),
    'bad UTF-8': text((list) => Buffer.concat([Buffer.from(list), Buffer.from([0xff])])),
    'a byte order mark': text((list) => `\uFEFF${list}`),
    'nested deep': text((list) => `${'['.repeat(20)}${list}${']'.repeat(20)}`),
    'something after the list': text((list) => `${list}[]`),
    'above the cap': text((list) => list + ' '.repeat(64 * 1024)),
  }),
];

function altered(from: string, to: string): Forgery {
  return {
    parts: ({ manifest }) => {
      const text = manifest.toString();
      if (!text.includes(from)) throw new Error(`the manifest has no ${from}`);
      return { manifest: Buffer.from(text.replace(from, to)) };
    },
  };
}
