import { encodeRoot, encodeRootChain, type Root, type SignedRoot } from '../../../common/upd/root.ts';
import { signRoot } from '../../support/root-chain.ts';
import { attacks, type Attack, type Forgery, type Json } from '../forge.ts';
import type { Kit } from '../kit.ts';

/** A good package with a chain of root files. */
const chain = (make: (kit: Kit) => readonly SignedRoot[]): Forgery => ({
  parts: (_parts, kit) => ({ rootChain: Buffer.from(encodeRootChain(make(kit))) }),
});

/** The next root file, or one that is wrong. */
const next = ({ root }: Kit, change: Partial<Root> = {}): Uint8Array => encodeRoot({ ...root.root, version: 4, ...change });

/** A chain of one root file whose text is changed before it is signed. */
const text = (change: (text: string) => string): Forgery =>
  chain((kit) => [signRoot(Buffer.from(change(Buffer.from(next(kit)).toString())), [kit.rootKey])]);
/** The text of a chain that is good. */
const chainText = (change: (text: string) => string): Forgery => ({
  parts: (_parts, kit) => {
    const list = Buffer.from(encodeRootChain([signRoot(next(kit), [kit.rootKey])])).toString();
    return { rootChain: Buffer.from(change(list)) };
  },
});
const json = (change: (root: Json) => Json): Forgery =>
  text((root) => {
    const parsed: Json = JSON.parse(root);
    return JSON.stringify(change(parsed));
  });

const strangersRoot = (kit: Kit): Partial<Root> => ({
  root: { keys: [kit.stranger], threshold: 1 },
  vendor: { keys: [kit.stranger], threshold: 1, products: ['uvs'] },
});

export const rootAttacks: readonly Attack[] = [
  ...attacks('ROOT_INVALID', 'root chain', {
    'the next root file, signed by a stranger': chain((kit) => [signRoot(next(kit), [kit.stranger])]),
    'the next root file, not signed': chain((kit) => [signRoot(next(kit), [])]),
    'a stranger’s root file, signed by the stranger alone': chain((kit) => [signRoot(next(kit, strangersRoot(kit)), [kit.stranger])]),
    'a stranger’s root file, not signed by its own key': chain((kit) => [signRoot(next(kit, strangersRoot(kit)), [kit.rootKey])]),
    'another root file of the trusted version': chain((kit) => [
      signRoot(next(kit, { version: 3, ...strangersRoot(kit) }), [kit.rootKey, kit.stranger]),
    ]),
    'an older root file that leads to another one of the trusted version': chain((kit) => [
      signRoot(next(kit, { version: 2, ...strangersRoot(kit) }), [kit.stranger]),
      signRoot(next(kit, { version: 3, ...strangersRoot(kit) }), [kit.stranger]),
    ]),
    'a version left out': chain((kit) => [signRoot(next(kit, { version: 5 }), [kit.rootKey])]),
    'a gap': chain((kit) => [signRoot(next(kit), [kit.rootKey]), signRoot(next(kit, { version: 6 }), [kit.rootKey])]),
    'a version twice': chain((kit) => [signRoot(next(kit), [kit.rootKey]), signRoot(next(kit), [kit.rootKey])]),
    'going back': chain((kit) => kit.chain.toReversed()),
    'a threshold that its own keys do not reach': chain((kit) => [
      signRoot(next(kit, { root: { keys: [kit.rootKey, kit.stranger], threshold: 2 } }), [kit.rootKey]),
    ]),
    'a threshold of none': json((root) => ({ ...root, root: { ...asObject(root['root']), threshold: 0 } })),
    'a threshold above the number of keys': json((root) => ({ ...root, vendor: { ...asObject(root['vendor']), threshold: 4 } })),
    'a key twice in a role': json((root) => {
      const vendor = asObject(root['vendor']);
      const keys: readonly unknown[] = Array.isArray(vendor['keys']) ? vendor['keys'] : [];
      return { ...root, vendor: { ...vendor, keys: [keys[0], keys[0]] } };
    }),
    'an unknown key': json((root) => ({ ...root, admin: {} })),
    'a later format': json((root) => ({ ...root, format: 2 })),
    'a version above 2^31': json((root) => ({ ...root, version: 2 ** 31 + 1 })),
    'a key of 31 bytes': json((root) => ({ ...root, root: { keys: [Buffer.alloc(31).toString('base64')], threshold: 1 } })),
    'a key twice in the file': text((root) => root.replace('{', '{"version": 3,')),
    'a key twice, once escaped': text((root) => root.replace('{', '{"\\u0076ersion": 3,')),
    'the key __proto__': text((root) => root.replace('{', '{"__proto__":{"vendor":{}},')),
    'nested 17 deep': text((root) => root.replace('{', `{"x":${'['.repeat(17)}${']'.repeat(17)},`)),
    'a version of 2^53': text((root) => root.replace('"version": 4', '"version": 9007199254740992')),
    'a version that is a fraction': text((root) => root.replace('"version": 4', '"version": 4.0')),
    'a threshold as text': json((root) => ({ ...root, vendor: { ...asObject(root['vendor']), threshold: '1' } })),
    'a product twice': json((root) => ({ ...root, vendor: { ...asObject(root['vendor']), products: ['uvs', 'uvs'] } })),
    'bad UTF-8 in a root file': chain((kit) => [signRoot(Buffer.concat([next(kit), Buffer.from([0xff])]), [kit.rootKey])]),
    'a byte order mark before a root file': text((root) => `\uFEFF${root}`),
    'something after a root file': text((root) => `${root}{}`),
    'one signature twice': chain((kit) => {
      const [good] = signRoot(next(kit), [kit.rootKey]).signatures;
      return good === undefined ? [] : [{ bytes: next(kit), signatures: [good, good] }];
    }),
    'a key twice in a link': chainText((list) => list.replace('"root":', '"root":"","root":')),
    'an unknown key in a link': chainText((list) => list.replace('"root":', '"note":"","root":')),
    '__proto__ in a link': chainText((list) => list.replace('"root":', '"__proto__":{},"root":')),
    'links nested deep': chainText((list) => `${'['.repeat(20)}${list}${']'.repeat(20)}`),
    garbage: { parts: () => ({ rootChain: Buffer.from('garbage') }) },
    'bad UTF-8': { parts: () => ({ rootChain: Buffer.from([0x5b, 0xff, 0x5d]) }) },
    'an object for the list': { parts: () => ({ rootChain: Buffer.from('{}') }) },
  }),
  ...attacks('SIGNATURE_INVALID', 'root chain', {
    'a signature of the next root file that does not hold': chain((kit) => {
      const [good] = signRoot(next(kit), [kit.rootKey]).signatures;
      return good === undefined
        ? []
        : [{ bytes: next(kit, { version: 4, ...strangersRoot(kit), root: kit.root.root.root }), signatures: [good] }];
    }),
  }),
  ...attacks('PACKAGE_MALFORMED', 'root chain', {
    'above the cap': { parts: () => ({ rootChain: Buffer.alloc(256 * 1024 + 1, 0x20) }) },
  }),
  ...attacks('KEY_UNKNOWN', 'root chain', {
    'the one that withdraws the package’s own keys': chain((kit) => [
      signRoot(next(kit, { vendor: { keys: [kit.stranger], threshold: 1, products: ['uvs'] } }), [kit.rootKey]),
    ]),
    'the one from before a key was withdrawn, and that key': {
      keys: ({ withdrawn }) => [withdrawn],
      ...chain((kit) => kit.chain.slice(0, 1)),
    },
    'all of it, and a key that was withdrawn on the way': { keys: ({ withdrawn }) => [withdrawn], ...chain((kit) => kit.chain) },
  }),
];

/** A chain is of use only if a package with it is taken. */
export const soundChain: Forgery = chain((kit) => [...kit.chain, signRoot(next(kit, { version: 4 }), [kit.rootKey])]);

function asObject(value: unknown): Json {
  if (value === null || typeof value !== 'object') throw new Error('no object');
  return { ...value };
}
