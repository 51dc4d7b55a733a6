import t from 'tap';
import { generateSigningKey, type SigningKey } from '../../../common/upd/keys.ts';
import { encodeRoot, encodeRootChain, parseRoot, verifyRootChain, type SignedRoot } from '../../../common/upd/root.ts';
import { signRoot } from '../../support/root-chain.ts';
import { errorOf } from '../../support/failure.ts';
import { refusal } from '../../support/upd.ts';

const [a, b, c, d] = [generateSigningKey(), generateSigningKey(), generateSigningKey(), generateSigningKey()];

const root = (version: number, keys: readonly SigningKey[], threshold: number) =>
  encodeRoot({ format: 1, version, root: { keys, threshold }, vendor: { keys: [a], threshold: 1, products: ['uvs'] } });

const first = parseRoot(root(1, [a, b, c], 2));
const second = root(2, [b, c, d], 2);
const third = root(3, [d], 1);
const link2 = signRoot(second, [b, c]);
const link3 = signRoot(third, [b, d, c]);
const follow = (chain: readonly SignedRoot[], from = first) => verifyRootChain(from, encodeRootChain(chain));
const refused = (chain: readonly SignedRoot[], from = first) => refusal(() => follow(chain, from));

void t.test('an empty chain leaves the trusted root', async (t) => {
  t.equal(follow([]).sha256, first.sha256);
});

void t.test('a chain is followed to its end, from wherever one stands', async (t) => {
  t.equal(follow([link2, link3]).sha256, parseRoot(third).sha256);
  t.equal(follow([link2, link3], parseRoot(second)).root.version, 3);
  t.equal(follow([link2], parseRoot(third)).root.version, 3, 'an older chain does not lead back');
  t.equal(follow([signRoot(first.bytes, []), link2]).root.version, 2, 'the trusted root itself may stand in it');
});

void t.test('a link needs the threshold of the old keys', async (t) => {
  t.equal(await refused([signRoot(second, [b, d])]), 'ROOT_INVALID');
});

void t.test('a link needs the threshold of the new keys', async (t) => {
  t.equal(await refused([signRoot(second, [a, b])]), 'ROOT_INVALID');
});

void t.test('a draft that lacks signatures is told from a stranger’s file, and how to sign it', async (t) => {
  for (const [signers, count] of [
    [[], 0],
    [[b], 1],
  ] as const) {
    t.match(await errorOf(() => follow([signRoot(second, signers)])), {
      message: new RegExp(`signed by ${count} of the 2 root keys`),
      hint: /"upd root sign FILE --key KEY --root ROOT_FILE".*Else it comes from somebody else/,
    });
  }
  t.match(await errorOf(() => follow([link3])), { hint: /a root file is missing in between/ });
});

void t.test('a link with a signature that does not hold is refused', async (t) => {
  const forged = { bytes: second, signatures: [...link2.signatures.slice(1), ...signRoot(third, [b]).signatures] };
  t.equal(await refused([forged]), 'SIGNATURE_INVALID');
});

void t.test('a doubled signature in a link is refused', async (t) => {
  t.equal(await refused([signRoot(second, [b, b])]), 'ROOT_INVALID');
});

void t.test('gaps, repetitions and other files of the same version are refused', async (t) => {
  t.equal(await refused([link3]), 'ROOT_INVALID', 'a gap after the trusted version');
  t.equal(await refused([link2, link2]), 'ROOT_INVALID', 'a version twice');
  t.equal(await refused([link3, link2], parseRoot(third)), 'ROOT_INVALID', 'backwards');
  t.equal(await refused([signRoot(root(1, [a], 1), [a, b, c])]), 'ROOT_INVALID', 'another root file of the trusted version');
});

void t.test('root files are strict', async (t) => {
  const good: Record<string, unknown> = JSON.parse(Buffer.from(first.bytes).toString());
  const keys = [Buffer.from(a.raw).toString('base64')];
  const bad: readonly unknown[] = [
    { ...good, extra: 1 },
    { ...good, format: 2 },
    { ...good, version: 0 },
    { ...good, vendor: undefined },
    { ...good, vendor: { keys, threshold: 2, products: ['uvs'] } },
    { ...good, vendor: { keys, threshold: 0, products: ['uvs'] } },
    { ...good, vendor: { keys: [...keys, ...keys], threshold: 1, products: ['uvs'] } },
    { ...good, vendor: { keys, threshold: 1, products: [] } },
    { ...good, vendor: { keys, threshold: 1, products: ['UVS'] } },
    { ...good, vendor: { keys: ['AAAA'], threshold: 1, products: ['uvs'] } },
    { ...good, root: { keys: [], threshold: 1 } },
  ];
  for (const json of bad)
    t.equal(await refusal(() => parseRoot(Buffer.from(JSON.stringify(json)))), 'ROOT_INVALID', JSON.stringify(json).slice(0, 60));
  t.equal(await refusal(() => parseRoot(Buffer.from('{"format":1,"format":1}'))), 'ROOT_INVALID');
});

void t.test('what is written is read back', async (t) => {
  const site = { keys: [d], threshold: 1, products: ['local', 'tools'] };
  const bytes = encodeRoot({ ...first.root, site });
  t.strictSame(parseRoot(bytes).root.site?.products, ['local', 'tools']);
  t.strictSame(
    parseRoot(bytes).root.root.keys.map(({ keyId }) => keyId),
    [a.keyId, b.keyId, c.keyId],
  );
});
