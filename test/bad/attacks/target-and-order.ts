import { attacks, baseline, changed, type Attack, type Forgery, type Json } from '../forge.ts';

const target = (change: Json): Forgery => ({
  manifest: (manifest) => ({ ...manifest, target: { distro: '', distroVersions: [], archs: [], boards: [], roles: [], ...change } }),
});
const order = (epoch: number, releaseSeq: number, more: Json = {}): Forgery =>
  changed({ components: { uvs: { epoch, releaseSeq }, ...more } });
const nobody = 'e'.repeat(64);
const onlyForNode = { isOnlyForNode: true } as const;

export const targetAttacks: readonly Attack[] = [
  ...attacks('TARGET_MISMATCH', 'target', {
    'another product': changed({ product: 'other' }),
  }),
  ...attacks(
    'TARGET_MISMATCH',
    'target',
    {
      'another distribution': target({ distro: 'alpine' }),
      'another version of it': target({ distroVersions: ['11', '13', '12.1', '1'] }),
      'another architecture': target({ archs: ['arm64'] }),
      'another board': target({ boards: ['b2'] }),
      'another role': target({ roles: ['mon', 'mds'] }),
    },
    onlyForNode,
  ),
  ...attacks(
    'AGENT_TOO_OLD',
    'target',
    {
      'a later agent': changed({ minAgent: '99.0' }),
      'a package manager that the agent does not drive': changed({
        packages: [{ op: 'remove', manager: 'rpm', name: 'a', version: '1', arch: 'noarch' }],
      }),
    },
    onlyForNode,
  ),
];

export const spaceAttacks: readonly Attack[] = attacks(
  'NO_SPACE',
  'space',
  {
    'as much as a number can say': changed({ spaceBytes: Number.MAX_SAFE_INTEGER }),
    'more than any disk has': changed({ spaceBytes: 2 ** 50 }),
  },
  onlyForNode,
);

export const orderAttacks: readonly Attack[] = [
  ...attacks(
    'RELEASE_NOT_NEWER',
    'order',
    {
      'an older release': order(baseline.epoch, baseline.releaseSeq - 1),
      'an older epoch with a higher release number': order(baseline.epoch - 1, baseline.releaseSeq + 100),
      'an older release with a higher version': {
        manifest: (manifest) => ({
          ...manifest,
          version: '99.0',
          components: { uvs: { epoch: baseline.epoch, releaseSeq: 1 } },
        }),
      },
      'one of two components is older': order(baseline.epoch, baseline.releaseSeq + 1, {
        extra: { epoch: 0, releaseSeq: baseline.extraSeq - 1 },
      }),
      'an older release as a partial one': {
        manifest: (manifest) => ({ ...manifest, kind: 'partial', base: nobody, components: { uvs: { epoch: 1, releaseSeq: 1 } } }),
      },
    },
    onlyForNode,
  ),
  ...attacks(
    'RELEASE_CONTENT_CHANGED',
    'order',
    {
      'the same release number with another content': order(baseline.epoch, baseline.releaseSeq),
      'the same number of one component beside a newer one': order(baseline.epoch, baseline.releaseSeq + 1, {
        extra: { epoch: 0, releaseSeq: baseline.extraSeq },
      }),
    },
    onlyForNode,
  ),
  ...attacks(
    'BASE_MISMATCH',
    'order',
    {
      'a partial release on another base': changed({ kind: 'partial', base: nobody }),
      'a partial release of a component that is not there': changed({
        kind: 'partial',
        base: nobody,
        components: { other: { epoch: 0, releaseSeq: 1 } },
      }),
      'a release that must come after one that is not there': changed({ requires: [nobody] }),
    },
    onlyForNode,
  ),
  ...attacks('PACKAGE_MALFORMED', 'order', {
    'a partial release without a base': changed({ kind: 'partial' }),
    'a full release with a base': changed({ base: nobody }),
    'no component': changed({ components: {} }),
    'release number 0': order(baseline.epoch, 0),
    'a negative epoch': order(-1, 99),
    'an epoch above 2^31': order(2 ** 31 + 1, 1),
    'a release number of 2^53': {
      text: (text) => text.replace(`"releaseSeq":${baseline.releaseSeq + 1}`, '"releaseSeq":9007199254740992'),
    },
  }),
];
