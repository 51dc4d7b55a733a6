import t from 'tap';
import { PART_CAPS } from '../../../common/upd/container.ts';
import { parseManifest } from '../../../common/upd/manifest-parse.ts';
import type { Manifest } from '../../../common/upd/manifest.ts';
import { errorOf } from '../../support/failure.ts';
import { refusal, sampleManifest, zstdFrame } from '../../support/upd.ts';

type Json = Record<string, unknown>;

const plain = Buffer.from('Welcome.\n');
const stored = zstdFrame(plain);
const good = sampleManifest([stored], [plain]);
const file = { ...good.files[0] };
const extent = { segment: 0, offset: 0, length: plain.length };
const task = {
  stage: 'pre',
  name: 'check',
  size: plain.length,
  sha256: 'a'.repeat(64),
  extents: [extent],
  args: [],
  timeoutSeconds: 10,
  idempotent: true,
};
const segment = { ...good.segments[0] };

const encode = (manifest: unknown) => Buffer.from(JSON.stringify(manifest));
const withFiles = (...files: readonly Json[]): Json => ({ ...good, files });
const withPath = (path: string): Json => withFiles({ ...file, path });
const directory = (path: string): Json => ({ path, op: 'put', type: 'directory', mode: 0o755, uid: 0, gid: 0, xattrs: {} });
const symlink = (path: string, link: string): Json => ({ path, op: 'put', type: 'symlink', mode: 0o777, uid: 0, gid: 0, xattrs: {}, link });

void t.test('a sound manifest is read as it was written', async (t) => {
  t.strictSame(parseManifest(encode(good)), good);
});

void t.test('everything that format 1 foresees is taken', async (t) => {
  const rich = {
    ...good,
    kind: 'partial',
    base: 'b'.repeat(64),
    requires: ['c'.repeat(64)],
    encryption: { cipher: 'AES-256-GCM', keyCommitment: 'd'.repeat(64) },
    files: [
      directory('etc'),
      { ...file, path: 'etc/a', linkGroup: 1, config: 'keep', xattrs: { 'security.capability': 'AQAAAgAgAAA=' } },
      { ...file, path: 'etc/b', linkGroup: 1, config: 'keep', xattrs: { 'security.capability': 'AQAAAgAgAAA=' } },
      { ...file, path: 'etc/c', delta: { kind: 'zstd-dictionary', baseSha256: 'e'.repeat(64), extents: [extent] } },
      { ...file, path: 'etc/empty', size: 0, extents: [] },
      symlink('etc/link', '../../anywhere'),
      { path: 'etc/old', op: 'remove' },
      { path: 'etc/old/inside', op: 'remove' },
      { ...file, path: 'été/😀' },
    ],
    packages: [
      {
        op: 'install',
        manager: 'deb',
        name: 'libc6',
        version: '2:2.36-9+deb12u4',
        arch: 'arm64',
        size: 9,
        sha256: 'f'.repeat(64),
        extents: [extent],
      },
      { op: 'remove', manager: 'rpm', name: 'old', version: '1.0~rc1-2.el8', arch: 'noarch' },
    ],
    tasks: [task, { ...task, stage: 'post', name: 'migrate', args: ['--all', 'ü'], idempotent: false }],
    services: ['ceph-osd@3.service', 'ceph.target'],
    reboot: true,
    barrier: { sentence: 'OSDs that have started 17.x write a new format', once: { units: ['ceph-osd@*.service', 'ceph.target'] } },
  };
  t.strictSame(parseManifest(encode(rich)), rich);
  for (const barrier of [{ sentence: 'no' }, { sentence: 'no', once: { path: 'var/lib/app/new-format' } }]) {
    t.strictSame(parseManifest(encode({ ...good, barrier })).barrier, barrier);
  }
});

const bad: Readonly<Record<string, unknown>> = {
  'an unknown key': { ...good, extra: 1 },
  'an unknown key in a file': withFiles({ ...file, extra: 1 }),
  'an unknown key in a directory': withFiles({ ...directory('etc'), size: 0 }),
  'a missing key': { ...good, reboot: undefined },
  'an array for an object': withFiles({ ...file, xattrs: [] }),
  'a string for a number': withFiles({ ...file, mode: '420' }),
  'format 0': { ...good, format: 0 },
  'no format': { ...good, format: undefined },
  'an id in upper case': { ...good, id: 'A'.repeat(32) },
  'no components': { ...good, components: {} },
  'release number 0': { ...good, components: { uvs: { epoch: 0, releaseSeq: 0 } } },
  'a negative epoch': { ...good, components: { uvs: { epoch: -1, releaseSeq: 1 } } },
  'a minimum agent that is no version': { ...good, minAgent: 'new' },
  'a partial package without a base': { ...good, kind: 'partial' },
  'a full package with a base': { ...good, base: 'a'.repeat(64) },
  'a barrier without a sentence': { ...good, barrier: { sentence: '' } },
  'a barrier with two lines': { ...good, barrier: { sentence: 'a\nb' } },
  'a barrier with an unknown condition': { ...good, barrier: { sentence: 'a', once: { task: 'x' } } },
  'a barrier with two conditions': { ...good, barrier: { sentence: 'a', once: { path: 'a', units: ['ceph.target'] } } },
  'a barrier with a path out of the root': { ...good, barrier: { sentence: 'a', once: { path: '../a' } } },
  'a barrier with no units': { ...good, barrier: { sentence: 'a', once: { units: [] } } },
  'a barrier with a pattern of any units': { ...good, barrier: { sentence: 'a', once: { units: ['ssh*.service'] } } },
  'an unknown cipher': { ...good, encryption: { cipher: 'ROT13', keyCommitment: 'a'.repeat(64) } },

  '".." in a path': withPath('etc/../shadow'),
  '".." as a path': withPath('..'),
  '"." in a path': withPath('etc/./motd'),
  'an absolute path': withPath('/etc/motd'),
  'an empty path': withPath(''),
  'an empty component': withPath('etc//motd'),
  'a slash at the end': withPath('etc/'),
  'a NUL in a path': withPath('etc/mo\0td'),
  'a newline in a path': withPath('etc/mo\ntd'),
  'a C1 control character in a path': withPath('etc/mo\u009btd'),
  'a component of 256 bytes': withPath(`etc/${'ü'.repeat(128)}`),
  'a path of more than 2048 bytes': withPath(Array.from({ length: 300 }, () => 'seven77').join('/')),
  'a path twice': withFiles(file, file),
  'paths out of order': withFiles({ ...file, path: 'b' }, { ...file, path: 'a' }),
  // U+FF5E sorts after U+1F600 by UTF-16 units, before it by bytes.
  'paths in the order of UTF-16': withFiles({ ...file, path: '\u{1F600}' }, { ...file, path: '\uFF5E' }),
  'a path below a file': withFiles({ ...file, path: 'etc' }, { ...file, path: 'etc/motd' }),
  'a path below a file with others between': withFiles(
    { ...file, path: 'etc' },
    { ...file, path: 'etc-x' },
    { ...file, path: 'etc/x/motd' },
  ),
  'a path below a symbolic link': withFiles(symlink('etc', '/etc'), { ...file, path: 'etc/motd' }),
  'a path below one that is removed': withFiles({ path: 'etc', op: 'remove' }, { ...file, path: 'etc/motd' }),
  'a removal below a file': withFiles({ ...file, path: 'etc' }, { path: 'etc/motd', op: 'remove' }),
  'a path below one that new-beside needs': withFiles({ ...file, path: 'a', config: 'new-beside' }, { ...file, path: 'a.uvs-new/b' }),
  'a removal below a path that new-beside needs': withFiles(
    { ...file, path: 'a', config: 'new-beside' },
    { path: 'a.uvs-new/b', op: 'remove' },
  ),
  'a path whose name with what new-beside adds is too long': withFiles({ ...file, path: 'a'.repeat(248), config: 'new-beside' }),
  'a path that new-beside needs': withFiles({ ...file, path: 'a', config: 'new-beside' }, { ...file, path: 'a.uvs-new' }),

  'a mode above 07777': withFiles({ ...file, mode: 0o10000 }),
  'a negative owner': withFiles({ ...file, uid: -1 }),
  'owner 2^32-1, which chown takes for "unchanged"': withFiles({ ...file, uid: 2 ** 32 - 1 }),
  'a mode of a symbolic link': withFiles({ ...symlink('a', 'b'), mode: 0o644 }),
  'an empty link': withFiles(symlink('a', '')),
  'a NUL in a link': withFiles(symlink('a', 'b\0c')),
  'an unknown operation': withFiles({ path: 'a', op: 'chmod' }),
  'an unknown type': withFiles({ ...file, type: 'device' }),
  'an unknown config policy': withFiles({ ...file, config: 'merge' }),
  'an xattr outside the namespaces': withFiles({ ...file, xattrs: { capability: '' } }),
  'an xattr that is not canonical base64': withFiles({ ...file, xattrs: { 'user.a': 'YQ' } }),

  'an extent in no segment': withFiles({ ...file, extents: [{ ...extent, segment: 1 }] }),
  'an extent past its segment': withFiles({ ...file, extents: [{ ...extent, offset: 1 }] }),
  'an empty extent': withFiles({ ...file, size: 0, extents: [{ ...extent, length: 0 }] }),
  'extents smaller than the size': withFiles({ ...file, size: plain.length + 1 }),
  'extents larger than the size': withFiles({ ...file, size: plain.length - 1 }),
  'extents that go back to an earlier segment': {
    ...good,
    segments: [segment, { ...segment, offset: stored.length }],
    files: [{ ...file, size: 2 * plain.length, extents: [{ ...extent, segment: 1 }, extent] }],
  },
  "a delta's extent past its segment": withFiles({
    ...file,
    delta: { kind: 'x', baseSha256: 'a'.repeat(64), extents: [{ ...extent, offset: 1 }] },
  }),
  'a gap between segments': { ...good, segments: [{ ...segment, offset: 1 }] },
  'overlapping segments': { ...good, segments: [segment, { ...segment, offset: 1 }] },
  'a segment above 8 MiB': { ...good, segments: [{ ...segment, length: 8 * 1024 * 1024 + 1 }] },
  'a plain segment above 8 MiB': { ...good, segments: [{ ...segment, plainLength: 8 * 1024 * 1024 + 1 }] },
  'an empty segment': { ...good, segments: [segment, { ...segment, offset: stored.length, length: 0 }] },
  'too little space': { ...good, spaceBytes: plain.length - 1 },
  'hard links that differ in mode': withFiles({ ...file, path: 'a', linkGroup: 1 }, { ...file, path: 'b', linkGroup: 1, mode: 0o600 }),
  'hard links that differ in content': withFiles(
    { ...file, path: 'a', linkGroup: 1 },
    { ...file, path: 'b', linkGroup: 1, sha256: 'a'.repeat(64) },
  ),

  'a task twice': { ...good, tasks: [task, { ...task, stage: 'post' }] },
  'a task without a program': { ...good, tasks: [{ ...task, size: 0, extents: [] }] },
  'a task without a timeout': { ...good, tasks: [{ ...task, timeoutSeconds: 0 }] },
  'a task of more than a day': { ...good, tasks: [{ ...task, timeoutSeconds: 86_401 }] },
  'a NUL in an argument': { ...good, tasks: [{ ...task, args: ['a\0b'] }] },
  'a task name that is a path': { ...good, tasks: [{ ...task, name: '../x' }] },
  'a service that is an option': { ...good, services: ['--now.service'] },
  'a service without a type': { ...good, services: ['ceph-osd'] },
  'a service that is a path': { ...good, services: ['../x.service'] },
  'a service twice': { ...good, services: ['a.service', 'a.service'] },
  'a package to remove with a content': {
    ...good,
    packages: [{ op: 'remove', manager: 'deb', name: 'a', version: '1', arch: 'all', size: 1 }],
  },
  'a package to install without a content': {
    ...good,
    packages: [{ op: 'install', manager: 'deb', name: 'a', version: '1', arch: 'all' }],
  },
  'a package whose name is an option': { ...good, packages: [{ op: 'remove', manager: 'deb', name: '--x', version: '1', arch: 'all' }] },
};

for (const [what, manifest] of Object.entries(bad)) {
  void t.test(`a manifest with ${what} is refused`, async (t) => {
    t.equal(await refusal(() => parseManifest(encode(manifest))), 'PACKAGE_MALFORMED');
  });
}

void t.test('a manifest that is not an object is refused', async (t) => {
  for (const text of ['null', '[]', '1', '"x"']) t.equal(await refusal(() => parseManifest(Buffer.from(text))), 'PACKAGE_MALFORMED');
});

void t.test('what is quoted of a bad manifest is cut, and shows no control characters', async (t) => {
  const terminal = `\u001b[2J${'x'.repeat(1000)}`;
  for (const manifest of [
    { ...good, [terminal]: 1 },
    { ...good, kind: terminal },
    { ...good, brings: { [terminal]: '1' } },
  ]) {
    const { message } = await errorOf(() => parseManifest(encode(manifest)));
    t.ok(message.length < 400, `${message.length} characters`);
    t.notOk(message.includes('\u001b'));
  }
});

void t.test('a manifest of a later format is told apart from a bad one, whatever else is in it', async (t) => {
  t.equal(await refusal(() => parseManifest(encode({ format: 2, new: true }))), 'PACKAGE_FORMAT_TOO_NEW');
});

void t.test('ten thousand files with deltas fit the cap, which a cap of 4 MiB would not let in', async (t) => {
  const files = Array.from({ length: 10_000 }, (_, index) => ({
    ...file,
    path: `opt/uvs/2.14.17/node_modules/@some-scope/some-package/dist/esm/module-${String(index).padStart(6, '0')}.js`,
    delta: { kind: 'zstd-dictionary-v1', baseSha256: 'e'.repeat(64), extents: [extent] },
  }));
  const manifest: Manifest = parseManifest(encode(withFiles(...files)));
  const size = encode(manifest).length;
  t.comment(`${size} bytes`);
  t.ok(size > 4 * 1024 * 1024, 'the reason for the cap');
  t.ok(size < PART_CAPS.manifest / 2);
});
