import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import t from 'tap';
import { givenRoot } from '../../../common/upd/root-join.ts';
import { generateSigningKey, signBytes } from '../../../common/upd/keys.ts';
import { encodeSignatures } from '../../../common/upd/signatures.ts';
import { writePackage } from '../../../common/upd/writer.ts';
import { packageSigning } from '../../../coordinator/blobs/package-signing.ts';
import { packageTrust } from '../../../coordinator/blobs/package-trust.ts';
import { packageRecord } from '../../support/domain-records.ts';
import { FakePackageRoot } from '../../support/package-root.ts';
import { assemblePackage, makeTrust, rootOf, sampleManifest } from '../../support/upd.ts';

void t.test('of a package it is told who signed it, whom the newest root file trusts, and which identities open it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-signing-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [vendor, site, stranger] = [generateSigningKey(), generateSigningKey(), generateSigningKey()];
  const root = (version: number, vendorKey: typeof vendor) =>
    rootOf({
      version,
      root: { keys: [vendor], threshold: 1 },
      vendor: { keys: [vendorKey], threshold: 1, products: ['uvs'] },
      site: { keys: [site], threshold: 1, products: ['other'] },
    });
  const [current, retired, theirs] = [await generateIdentity(), await generateIdentity(), await generateIdentity()];
  const recipientOf = async (identity: string): Promise<string> => await identityToRecipient(identity);
  const { product, version, components, minAgent, target, kind, requires, services, reboot, brings } = sampleManifest([], []);
  const origin = { kind: 'bytes', bytes: Buffer.from('content') } as const;
  const owner = { mode: 0o644, uid: 0, gid: 0, xattrs: {}, linkGroup: 0 };
  const file = { path: 'etc/motd', op: 'put', type: 'file', ...owner, origin, config: 'replace' } as const;
  const spec = { product, version, components, minAgent, target, kind, requires, tasks: [], services, reboot, brings, files: [file] };
  const write = async (name: string, recipients: readonly string[]): Promise<void> => {
    const keys = [vendor, site, stranger];
    await writePackage(join(folder, name), spec, { keys, recipients, level: 1 }, AbortSignal.timeout(10_000));
  };
  await write('sealed', [await recipientOf(retired), await recipientOf(theirs)]);
  await write('plain', []);

  const here: ReadonlySet<string> = new Set(['sealed', 'plain']);
  const store = { sizeOf: (digest: string) => (here.has(digest) ? 1 : undefined), pathOf: (digest: string) => join(folder, digest) };
  const packageRoot = new FakePackageRoot(root(1, vendor));
  const trust = packageTrust({ core: { packageRoot }, store });
  const signing = packageSigning({ core: { packageRoot }, store, trust, identities: [current, retired] });
  const signers = (roles: readonly string[]) =>
    [
      { keyId: vendor.keyId, roles },
      { keyId: site.keyId, roles: ['site'] },
      { keyId: stranger.keyId, roles: [] },
    ].toSorted((left, right) => left.keyId.localeCompare(right.keyId));
  const told = async (digest: string) => {
    const record = { ...packageRecord(), digest, product, isEncrypted: digest === 'sealed' };
    const found = await signing(record, AbortSignal.timeout(10_000));
    return found && { ...found, signers: found.signers.toSorted((left, right) => left.keyId.localeCompare(right.keyId)) };
  };
  t.match(await told('sealed'), {
    signers: signers(['vendor']),
    rootVersion: 1,
    refusal: undefined,
    recipients: [await recipientOf(retired)],
  });
  t.same((await told('plain'))?.recipients, []);
  t.equal(await told('absent'), undefined);
  packageRoot.set(givenRoot(root(2, stranger)));
  t.match(await told('plain'), { rootVersion: 2, refusal: undefined });
  packageRoot.set(givenRoot(root(3, generateSigningKey())));
  t.match(await told('sealed'), {
    signers: signers([]),
    rootVersion: 3,
    refusal: { reason: /TARGET_MISMATCH|KEY_UNKNOWN|SIGNATURE_MISSING/ },
  });
});

void t.test('a package is shown whose signature by a trusted key does not hold, and without its manifest being parsed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-signing-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [vendor, next] = [generateSigningKey(), generateSigningKey()];
  const manifest = Buffer.from('{');
  const claimed = [signBytes('manifest', manifest, vendor), { keyId: next.keyId, signature: randomBytes(64) }];
  const signatures = Buffer.from(JSON.stringify(encodeSignatures(claimed)));
  await writeFile(join(folder, 'junk'), assemblePackage(manifest, [], [], { signatures }));
  const store = { sizeOf: () => 1, pathOf: (digest: string) => join(folder, digest) };
  const packageRoot = new FakePackageRoot(
    rootOf({
      version: 2,
      root: { keys: [vendor], threshold: 1 },
      vendor: { keys: [vendor, next], threshold: 1, products: ['uvs'] },
    }),
  );
  const trust = packageTrust({ core: { packageRoot }, store });
  const signing = packageSigning({ core: { packageRoot }, store, trust, identities: [] });
  const found = await signing({ ...packageRecord(), digest: 'junk', product: 'uvs' }, AbortSignal.timeout(10_000));
  t.match(found?.refusal, { reason: 'SIGNATURE_INVALID' });
  t.same(
    new Map(found?.signers.map(({ keyId, roles }) => [keyId, roles])),
    new Map([
      [vendor.keyId, ['vendor']],
      [next.keyId, []],
    ]),
  );
});

void t.test(
  'whether a listed package is taken is found out once for each root file, and anew where it may be damaged or has come since',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'uvs-standing-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const { key, root } = makeTrust();
    const path = join(folder, 'a');
    const bytes = assemblePackage(sampleManifest([], []), [], [key]);
    await writeFile(path, bytes);
    let isHere = true;
    const store = { sizeOf: () => (isHere ? 1 : undefined), pathOf: () => path };
    const packageRoot = new FakePackageRoot(root);
    const trust = packageTrust({ core: { packageRoot }, store });
    const record = { ...packageRecord(), digest: 'a'.repeat(64), product: 'uvs' };
    t.equal(await trust.standing(record), 'trusted');
    await rm(path);
    t.equal(await trust.standing(record), 'trusted', 'nothing is read for the next list');
    isHere = false;
    t.equal(await trust.standing(record), 'unknown', 'it is not here any more');
    isHere = true;
    packageRoot.set(givenRoot(makeTrust().root));
    t.equal(await trust.standing(record), 'unknown', 'it can not be read under the next root file');
    await writeFile(path, bytes);
    t.match(await trust.standing(record), { reason: 'KEY_UNKNOWN' });
    await rm(path);
    t.match(await trust.standing(record), { reason: 'KEY_UNKNOWN' });
  },
);
