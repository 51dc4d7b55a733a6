import { encodeRoot, encodeRootChain } from '../../common/upd/root.ts';
import { signRoot } from '../support/root-chain.ts';
import { baseline, contentOf, forge, plains, soundFile, soundTask, type Forgery, type Json } from '../bad/forge.ts';
import type { Kit } from '../bad/kit.ts';

/** One of everything that format 1 has and an agent does. */
const rich: readonly Json[] = [
  { path: 'etc', op: 'put', type: 'directory', mode: 0o755, uid: 0, gid: 0, xattrs: {} },
  { ...soundFile, config: 'new-beside' },
  { ...soundFile, path: 'opt/app/a', linkGroup: 1, mode: 0o755 },
  { ...soundFile, path: 'opt/app/b', linkGroup: 1, mode: 0o755 },
  { path: 'opt/app/link', op: 'put', type: 'symlink', mode: 0o777, uid: 0, gid: 0, xattrs: {}, link: '../../etc/motd' },
  { path: 'opt/app/old', op: 'remove' },
  {
    ...soundFile,
    path: 'opt/app/whole',
    config: 'keep',
    ...contentOf(Buffer.concat([plains[0].subarray(4000), plains[1]]), [
      { segment: 0, offset: 4000, length: 1000 },
      { segment: 1, offset: 0, length: 6000 },
    ]),
    delta: { kind: 'zstd-dictionary', baseSha256: 'e'.repeat(64), extents: [{ segment: 1, offset: 1, length: 10 }] },
  },
  { ...soundFile, path: 'été/😀', size: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', extents: [] },
];

const richManifest: Forgery['manifest'] = (manifest) => ({
  ...manifest,
  files: rich,
  tasks: [soundTask, { ...soundTask, stage: 'post', name: 'after', args: ['a', 'b'] }],
  services: ['app.service', 'ceph-osd@3.service'],
});

/** Sound packages, from which everything else is made. */
export const seeds: Readonly<Record<string, Forgery>> = {
  plain: {},
  rich: { manifest: richManifest },
  encrypted: { encryptedFor: 'us', manifest: richManifest },
  'with-root-files': {
    parts: (_parts, kit) => ({ rootChain: chainOf(kit) }),
    keys: ({ vendor: [, two, three], stranger }) => [two, three, stranger],
  },
  partial: { manifest: (manifest) => ({ ...manifest, kind: 'partial', base: 'b'.repeat(64), requires: ['b'.repeat(64)] }) },
  'with-packages': {
    manifest: (manifest) => ({
      ...manifest,
      packages: [
        {
          op: 'install',
          manager: 'deb',
          name: 'libc6',
          version: '2:2.36-9',
          arch: 'amd64',
          ...contentOf(plains[1], [{ segment: 1, offset: 0, length: 6000 }]),
        },
        { op: 'remove', manager: 'rpm', name: 'app', version: '1', arch: 'noarch' },
      ],
    }),
  },
};

export async function soundPackages(kit: Kit): Promise<ReadonlyMap<string, Buffer>> {
  const made = await Promise.all(Object.entries(seeds).map(async ([name, forgery]) => [name, await forge(kit, forgery)] as const));
  return new Map(made);
}

/** What the node has installed, for whom the packages are judged. */
export const installed = [
  { component: 'uvs', version: '2.14.7', epoch: baseline.epoch, releaseSeq: baseline.releaseSeq, manifestHash: 'b'.repeat(64) },
  { component: 'extra', version: '2.14.7', epoch: 0, releaseSeq: baseline.extraSeq, manifestHash: 'c'.repeat(64) },
];

function chainOf(kit: Kit): Buffer {
  const next = encodeRoot({ ...kit.root.root, version: 4 });
  return Buffer.from(encodeRootChain([...kit.chain, signRoot(next, [kit.rootKey])]));
}
