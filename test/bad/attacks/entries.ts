import { netBindService } from '../../support/xattr-samples.ts';
import { attacks, changed, file, files, soundFile, soundTask, type Attack, type Forgery, type Json } from '../forge.ts';

const path = (value: string): Forgery => file({ path: value });
const directory = (at: string): Json => ({ path: at, op: 'put', type: 'directory', mode: 0o755, uid: 0, gid: 0, xattrs: {} });
const symlink = (at: string, link: string): Json => ({
  path: at,
  op: 'put',
  type: 'symlink',
  mode: 0o777,
  uid: 0,
  gid: 0,
  xattrs: {},
  link,
});
const remove = (at: string): Json => ({ path: at, op: 'remove' });
const at = (where: string, change: Json = {}): Json => ({ ...soundFile, path: where, ...change });
const extent = (change: Json): Forgery => file({ extents: [{ segment: 0, offset: 0, length: 5000, ...change }] });
const task = (change: Json): Forgery => changed({ tasks: [{ ...soundTask, ...change }] });
const services = (...list: readonly unknown[]): Forgery => changed({ services: list });

const paths: Readonly<Record<string, Forgery>> = {
  '..': path('..'),
  '.. first': path('../etc/motd'),
  '.. inside': path('etc/../../outside'),
  '.. last': path('etc/..'),
  'the root itself': path('.'),
  '. inside': path('etc/./motd'),
  absolute: path('/etc/motd'),
  'absolute twice': path('//etc/motd'),
  empty: path(''),
  'an empty component': path('etc//motd'),
  'a slash at the end': path('etc/motd/'),
  'a NUL': path('etc/motd\0.d'),
  'a line break': path('etc/mo\ntd'),
  'an escape': path('etc/\u001b[2Jmotd'),
  'a C1 control character': path('etc/\u009bmotd'),
  'a component of 256 bytes': path(`etc/${'a'.repeat(256)}`),
  'a component of 256 bytes in 128 characters': path(`etc/${'ü'.repeat(128)}`),
  'more than 2048 bytes': path(`${'seven77/'.repeat(300)}a`),
  'a number': file({ path: 7 }),
  twice: files(at('a'), at('a')),
  'put and removed': files(at('a'), remove('a')),
  'a file and a directory of one name': files(at('a'), directory('a')),
  'not in order': files(at('b'), at('a')),
  'in the order of UTF-16': files(at('\u{1F600}'), at('\uFF5E')),
  'below a file': files(at('a'), at('a/b')),
  'below a file, with others between': files(at('a'), at('a-b'), at('a/b/c/d')),
  'below a symbolic link': files(symlink('a', '/etc'), at('a/shadow')),
  'a directory below a symbolic link': files(symlink('a', '/etc'), directory('a/cron.d')),
  'below what is removed': files(remove('a'), at('a/b')),
  'a removal below a file': files(at('a'), remove('a/b')),
  'a removal below a symbolic link': files(symlink('a', '/'), remove('a/etc')),
  'what new-beside needs': files(at('a', { config: 'new-beside' }), at('a.uvs-new')),
  'below what new-beside needs': files(at('a', { config: 'new-beside' }), at('a.uvs-new/b')),
  'too long with what new-beside adds': files(at('a'.repeat(250), { config: 'new-beside' })),
};

const entries: Readonly<Record<string, Forgery>> = {
  'a character device': file({ type: 'character-device' }),
  'a block device': file({ type: 'block', rdev: 2049 }),
  'a fifo': file({ type: 'fifo' }),
  'a socket': file({ type: 'socket' }),
  'a hard link to a path': file({ type: 'hardlink', link: '/etc/shadow' }),
  'a file with a link': file({ link: '/etc/shadow' }),
  'a symbolic link with a content': files({ ...symlink('a', 'b'), size: 0, sha256: 'a'.repeat(64), extents: [] }),
  'a directory with a content': files({ ...directory('a'), size: 0 }),
  'no type': file({ type: undefined }),
  'an operation that is none': file({ op: 'chmod' }),
  'a mode with the type of a device': file({ mode: 0o60644 }),
  'a mode with the type of a file': file({ mode: 0o100644 }),
  'a negative mode': file({ mode: -1 }),
  'a mode as text': file({ mode: '0644' }),
  'a mode of a symbolic link': files({ ...symlink('a', 'b'), mode: 0o4777 }),
  'a negative owner': file({ uid: -1 }),
  'owner 2^32 - 1, which chown takes for unchanged': file({ uid: 2 ** 32 - 1 }),
  'group 2^32': file({ gid: 2 ** 32 }),
  'an owner by name': file({ uid: 'root' }),
  'a link to nothing': files(symlink('a', '')),
  'a link with a NUL': files(symlink('a', 'b\0c')),
  'a link of 4096 bytes': files(symlink('a', 'b'.repeat(4096))),
  'an attribute of no namespace': file({ xattrs: { capability: '' } }),
  'an attribute with a line break': file({ xattrs: { 'user.a\nb': '' } }),
  'an attribute that is not base64': file({ xattrs: { 'security.capability': 'no base64' } }),
  'an attribute above 64 KiB': file({ xattrs: { 'user.a': Buffer.alloc(65_538).toString('base64') } }),
  'a list of attributes': file({ xattrs: ['security.capability'] }),
  'a policy that is none': file({ config: 'merge' }),
  'hard links that differ in mode': files(at('a', { linkGroup: 1 }), at('b', { linkGroup: 1, mode: 0o4755 })),
  'hard links that differ in owner': files(at('a', { linkGroup: 1 }), at('b', { linkGroup: 1, uid: 1 })),
  'hard links that differ in content': files(at('a', { linkGroup: 1 }), at('b', { linkGroup: 1, sha256: 'a'.repeat(64) })),
  'hard links that differ in attributes': files(at('a', { linkGroup: 1 }), at('b', { linkGroup: 1, xattrs: { 'user.a': '' } })),
  'a negative link group': file({ linkGroup: -1 }),
};

const privileged = (list: unknown, ...entries: readonly Json[]): Forgery => changed({ files: entries, privileged: list });
const ping = at('usr/bin/ping', { mode: 0o4755 });
const withCapability = { xattrs: { 'security.capability': netBindService } };

const privileges: Readonly<Record<string, Forgery>> = {
  'a setuid program that is not declared': files(ping),
  'a setgid program that is not declared': files(at('usr/bin/wall', { mode: 0o2755 })),
  'a setgid file that nobody may run, not declared': files(at('usr/bin/wall', { mode: 0o2644 })),
  'a program with capabilities that is not declared': files(at('usr/bin/ping', withCapability)),
  'a directory with capabilities that is not declared': files({ ...directory('opt/app'), ...withCapability }),
  'a symbolic link with capabilities that is not declared': files({ ...symlink('a', 'b'), ...withCapability }),
  'one of two that is not declared': privileged(['usr/bin/ping'], ping, at('usr/bin/su', { mode: 0o4755 })),
  'a hard link of a declared one that is not declared': privileged(
    ['usr/bin/ping'],
    { ...ping, linkGroup: 1 },
    at('usr/bin/ping6', { mode: 0o4755, linkGroup: 1 }),
  ),
  'declared as a directory above it': privileged(['usr/bin'], ping),
  'declared by a wildcard': privileged(['usr/bin/*'], ping),
  'declared with a slash': privileged(['/usr/bin/ping'], ping),
  'declared, and nothing is there': privileged(['usr/bin/ping', 'usr/bin/su'], ping),
  'declared, and without more rights': privileged(['usr/bin/ping'], at('usr/bin/ping', { mode: 0o1755 })),
  'declared, and removed': privileged(['usr/bin/ping'], remove('usr/bin/ping')),
  'declared, and a directory that hands down its group': privileged(['srv'], { ...directory('srv'), mode: 0o2775 }),
  'declared twice': privileged(['usr/bin/ping', 'usr/bin/ping'], ping),
  'not in order': privileged(['usr/bin/su', 'usr/bin/ping'], ping, at('usr/bin/su', { mode: 0o4755 })),
  'an empty list': privileged([]),
  'a text for the list': privileged('usr/bin/ping', ping),
};

const extents: Readonly<Record<string, Forgery>> = {
  'in no segment': extent({ segment: 2 }),
  'in segment -1': extent({ segment: -1 }),
  'in segment 2^32': extent({ segment: 2 ** 32 }),
  'a negative offset': extent({ offset: -1 }),
  'a negative length': extent({ length: -5000 }),
  'of nothing': file({ size: 0, extents: [{ segment: 0, offset: 0, length: 0 }] }),
  'past its segment': extent({ offset: 1 }),
  'past its segment by far': extent({ offset: 8 * 1024 * 1024 }),
  'an offset that overflows with its length': extent({ offset: Number.MAX_SAFE_INTEGER }),
  'an offset of 2^32 - 1': extent({ offset: 2 ** 32 - 1 }),
  'together less than the size': file({ size: 5001 }),
  'together more than the size': file({ size: 4999 }),
  'back to an earlier segment': file({
    size: 11_000,
    extents: [
      { segment: 1, offset: 0, length: 6000 },
      { segment: 0, offset: 0, length: 5000 },
    ],
  }),
  'a negative size': file({ size: -1, extents: [] }),
  'a size of 2^53 - 1': file({ size: Number.MAX_SAFE_INTEGER }),
  'none, with a size': file({ extents: [] }),
  'of a delta past its segment': file({
    delta: { kind: 'x', baseSha256: 'a'.repeat(64), extents: [{ segment: 0, offset: 4999, length: 2 }] },
  }),
};

const tasks: Readonly<Record<string, Forgery>> = {
  'a name that is a path': task({ name: '../../bin/sh' }),
  'no name': task({ name: '' }),
  'a name twice': changed({ tasks: [soundTask, { ...soundTask, stage: 'post' }] }),
  'no program': task({ size: 0, extents: [] }),
  'a program by its path': task({ program: '/bin/sh' }),
  'a program past its segment': task({ extents: [{ segment: 0, offset: 4950, length: 100 }] }),
  'a stage that is none': task({ stage: 'commit' }),
  'no timeout': task({ timeoutSeconds: 0 }),
  'a timeout of more than a day': task({ timeoutSeconds: 86_401 }),
  'a NUL in an argument': task({ args: ['a\0b'] }),
  'an argument above 4096 bytes': task({ args: ['a'.repeat(4097)] }),
  '257 arguments': task({ args: Array.from({ length: 257 }, () => 'a') }),
  'an environment': task({ env: { LD_PRELOAD: '/tmp/x.so' } }),
  '257 of them': changed({ tasks: Array.from({ length: 257 }, (_, n) => ({ ...soundTask, name: `t${n}` })) }),
};

const lists: Readonly<Record<string, Forgery>> = {
  'a unit that is an option': services('--now.service'),
  'a unit that is a path': services('../x.service'),
  'a unit with a line break': services('a\nb.service'),
  'a unit without a type': services('ceph-osd'),
  'a unit twice': services('a.service', 'a.service'),
  '1025 units': services(...Array.from({ length: 1025 }, (_, n) => `u${n}.service`)),
  '257 components': changed({
    components: Object.fromEntries(Array.from({ length: 257 }, (_, n) => [`c${n}`, { epoch: 0, releaseSeq: 1 }])),
  }),
  '1025 requirements': changed({ requires: Array.from({ length: 1025 }, () => 'a'.repeat(64)) }),
  '257 versions brought': changed({ brings: Object.fromEntries(Array.from({ length: 257 }, (_, n) => [`c${n}`, '1'])) }),
  'an architecture twice': changed({ target: { distro: '', distroVersions: [], archs: ['a', 'a'], boards: [], roles: [] } }),
  'a version with a line break': changed({ version: '1\n2' }),
  'a version of 129 characters': changed({ version: '1'.repeat(129) }),
  'a product that is a path': changed({ product: '../uvs' }),
  'an id of 31 digits': changed({ id: 'a'.repeat(31) }),
  'a minimum agent that is no version': changed({ minAgent: 'new' }),
  'a package of a manager that is none': changed({ packages: [{ op: 'remove', manager: 'npm', name: 'a', version: '1', arch: 'all' }] }),
  'a package whose name is an option': changed({ packages: [{ op: 'remove', manager: 'deb', name: '--x', version: '1', arch: 'all' }] }),
  'less space than its files take': changed({ spaceBytes: 10_999 }),
};

export const entryAttacks: readonly Attack[] = [
  ...attacks('PACKAGE_MALFORMED', 'path', paths),
  ...attacks('PACKAGE_MALFORMED', 'entry', entries),
  ...attacks('PACKAGE_MALFORMED', 'privilege', privileges),
  ...attacks('PACKAGE_MALFORMED', 'extent', extents),
  ...attacks('PACKAGE_MALFORMED', 'task', tasks),
  ...attacks('PACKAGE_MALFORMED', 'list', lists),
];
