import { chmodSync, linkSync, symlinkSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseBuildSpec } from '../../../cli/upd/spec-schema.ts';
import { toPackageSpec, type Base } from '../../../cli/upd/spec.ts';
import { refusal, sampleManifest } from '../../support/upd.ts';

const HEAD = 'product = "uvs"\nversion = "1.2"\n';
const entries = (toml: string, directory: string, base?: Base) =>
  toPackageSpec(parseBuildSpec(`${HEAD}releaseSeq = 1\n[target]\n${toml}`, 'spec.toml'), directory, base).files;
const byPath = (toml: string, directory: string) => new Map(entries(toml, directory).map((entry) => [entry.path, entry]));

const sources = (t: Pick<Test, 'testdir'>) =>
  t.testdir({ root: { bin: { run: '#!/bin/sh\n' }, etc: { 'a.conf': 'a', 'b.conf': 'b' }, 'x.map': 'map' } });

void t.test('a tree puts its files, directories and links below the destination', async (t) => {
  const directory = sources(t);
  chmodSync(join(directory, 'root/bin/run'), 0o700);
  chmodSync(join(directory, 'root/etc/a.conf'), 0o600);
  symlinkSync('../etc', join(directory, 'root/bin/link'));
  const found = byPath('[[trees]]\nsource = "root"\ndestination = "/opt/x/"\nexclude = ["*.map"]\nowner = "3:4"', directory);
  t.strictSame([...found.keys()].toSorted(), [
    'opt/x/bin',
    'opt/x/bin/link',
    'opt/x/bin/run',
    'opt/x/etc',
    'opt/x/etc/a.conf',
    'opt/x/etc/b.conf',
  ]);
  t.match(found.get('opt/x/bin/run'), { type: 'file', mode: 0o755, uid: 3, gid: 4 }, 'modes do not depend on the umask');
  t.match(found.get('opt/x/etc/a.conf'), { type: 'file', mode: 0o644, config: 'replace' });
  t.match(found.get('opt/x/bin/link'), { type: 'symlink', link: '../etc', mode: 0o777 });
  t.match(found.get('opt/x/bin'), { type: 'directory', mode: 0o755 });
});

void t.test('modes may come from the source, and directories may be left as they are', async (t) => {
  const directory = sources(t);
  chmodSync(join(directory, 'root/etc/a.conf'), 0o640);
  const found = byPath('[[trees]]\nsource = "root"\ndestination = "/"\nmodes = "source"\ndirectories = false', directory);
  t.notOk(found.has('etc'));
  t.match(found.get('etc/a.conf'), { mode: 0o640 });
});

void t.test('a program gets rights from the source only where the spec names it', async (t) => {
  const directory = sources(t);
  const program = join(directory, 'root/bin/run');
  const tree = '[[trees]]\nsource = "root"\ndestination = "/"\nmodes = "source"\n';
  for (const [mode, rights] of [
    [0o4755, 'setuid'],
    [0o2755, 'setgid'],
    [0o6755, 'setuid, setgid'],
  ] as const) {
    chmodSync(program, mode);
    t.throws(() => byPath(tree, directory), { reason: 'INVALID_ARGUMENT', message: new RegExp(`bin/run is ${rights} in the source`) });
    t.match(byPath(`${tree}privileged = ["bin/run"]`, directory).get('bin/run'), { mode });
  }
  t.equal(await refusal(() => byPath(`${tree}privileged = ["bin/walk"]`, directory)), 'INVALID_ARGUMENT');
  const normal = `[[trees]]\nsource = "root"\ndestination = "/"\n`;
  t.throws(() => byPath(`${normal}privileged = ["bin/run"]`, directory), {
    reason: 'INVALID_ARGUMENT',
    message: /bin\/run is setuid, setgid in the source, and modes = "normal" would bring it without that/,
    hint: /match = "bin\/run" and mode = "6755", or by modes = "source" and privileged = \["bin\/run"\].*drop it by a rule with mode = "0755"/,
  });
  t.match(byPath(`${normal}[[trees.rules]]\nmatch = "bin/run"\nmode = "0755"`, directory).get('bin/run'), { mode: 0o755 });
  const ruled = `${tree}[[trees.rules]]\nmatch = "bin/run"\nmode = "4711"`;
  t.match(byPath(ruled, directory).get('bin/run'), { mode: 0o4711 }, 'a rule says it by itself');
  chmodSync(program, 0o755);
  chmodSync(join(directory, 'root/etc'), 0o2755);
  t.match(byPath(tree, directory).get('etc'), { mode: 0o2755 }, 'of a directory it is about groups, not rights');
  execFileSync('setfattr', ['-n', 'security.capability', '-v', '0x0100000200040000000000000000000000000000', program]);
  const withXattrs = `${tree}xattrs = "source"\n`;
  t.throws(() => byPath(withXattrs, directory), { reason: 'INVALID_ARGUMENT', message: /bin\/run is with capabilities in the source/ });
  const named = byPath(`${withXattrs}privileged = ["bin/run"]`, directory).get('bin/run');
  t.match(named, { xattrs: { 'security.capability': /^AQAAAg/ } });
});

void t.test('what others could change comes from the source only where the spec names it', (t) => {
  const directory = sources(t);
  const at = (path: string): string => join(directory, 'root', path);
  const tree = '[[trees]]\nsource = "root"\ndestination = "/"\nmodes = "source"\nxattrs = "source"\n';
  const refused = (path: string, why: RegExp, undo: () => void): void => {
    t.throws(() => byPath(tree, directory), { reason: 'INVALID_ARGUMENT', message: why }, String(why));
    t.doesNotThrow(() => byPath(`${tree}privileged = ["${path}"]`, directory), `${String(why)}, and it is named`);
    undo();
    t.doesNotThrow(() => byPath(tree, directory));
  };
  const acl = (...args: readonly string[]) => execFileSync('setfacl', [...args.slice(0, -1), at(args.at(-1) ?? '')]);
  chmodSync(at('bin/run'), 0o777);
  t.match(byPath(`${tree}[[trees.rules]]\nmatch = "bin/run"\nmode = "0777"`, directory).get('bin/run'), { mode: 0o777 }, 'a rule says it');
  refused('bin/run', /bin\/run is writable by everybody in the source/, () => chmodSync(at('bin/run'), 0o755));
  chmodSync(at('etc'), 0o777);
  refused('etc', /etc is writable by everybody in the source/, () => chmodSync(at('etc'), 0o1777));
  acl('-m', 'u:7:rw-', 'etc/a.conf');
  refused('etc/a.conf', /a\.conf is open to user 7 \(rw-\) by its access list in the source/, () => acl('-m', 'm::r--', 'etc/a.conf'));
  acl('-d', '-m', 'g:8:rwx', 'bin');
  refused('bin', /bin is open to group 8 \(rwx\) in what is made in it in the source/, () => acl('-k', 'bin'));
  t.end();
});

void t.test('no wildcard lets in what gives rights', async (t) => {
  for (const pattern of ['**', '*', 'bin/*', 'bin/ru?', 'bin/[r]un', 'bin/{run,walk}']) {
    const spec = `[[trees]]\nsource = "root"\ndestination = "/"\nprivileged = ["${pattern}"]`;
    t.equal(await refusal(() => byPath(spec, '/')), 'CONFIG_INVALID', pattern);
  }
});

void t.test('later rules win, setting by setting', async (t) => {
  const rules = `
    [[trees]]
    source = "root"
    destination = "/"
      [[trees.rules]]
      match = "etc/**"
      mode = "0600"
      config = "keep"
      [[trees.rules]]
      match = "**/b.conf"
      owner = "7:8"
      config = "new-beside"
      xattrs = { "user.x" = "YQ==" }`;
  const found = byPath(rules, sources(t));
  const plain = { path: 'etc/a.conf', op: 'put', type: 'file', mode: 0o600, uid: 0, gid: 0, config: 'keep', xattrs: {} };
  t.matchOnly(found.get('etc/a.conf'), { ...plain, linkGroup: 0, origin: Object });
  t.match(found.get('etc/b.conf'), { mode: 0o600, uid: 7, gid: 8, config: 'new-beside', xattrs: { 'user.x': 'YQ==' } });
});

void t.test('a rule that is about nothing is refused: an edit that it was to keep would be replaced', (t) => {
  const directory = sources(t);
  const tree = '[[trees]]\nsource = "root"\ndestination = "/"\nexclude = ["*.map"]\n';
  const ruled = (rule: string, more = '') => byPath(`${tree}${more}[[trees.rules]]\n${rule}`, directory);
  for (const [rule, more] of [
    ['match = "etc/nope/*"\nconfig = "keep"', ''],
    ['match = "etc"\nconfig = "keep"', ''],
    ['match = "x.map"\nmode = "0600"', ''],
    ['match = "etc"\nmode = "0700"', 'directories = false\n'],
  ] as const) {
    const [, match = ''] = /match = "(.*)"/.exec(rule) ?? [];
    t.throws(() => ruled(rule, more), {
      reason: 'CONFIG_INVALID',
      message: new RegExp(`match = "${match.replace('*', '\\*')}" matches no`),
      hint: /relative to the source/,
    });
  }
  t.doesNotThrow(() => ruled('match = "etc"\nmode = "0700"'));
  const one = '[[trees]]\nsource = "root/etc/a.conf"\ndestination = "/etc/new.conf"\n[[trees.rules]]\nconfig = "keep"\n';
  t.match(byPath(`${one}match = "new.conf"`, directory).get('etc/new.conf'), { config: 'keep' });
  t.throws(() => byPath(`${one}match = "a.conf"`, directory), { reason: 'CONFIG_INVALID', message: /matches no file/ });
  t.end();
});

void t.test('a package that would do nothing is refused', async (t) => {
  const directory = sources(t);
  const nothing = (toml: string, base?: Base) =>
    refusal(() => toPackageSpec(parseBuildSpec(`${HEAD}releaseSeq = 1\n${toml}`, 's'), directory, base));
  t.equal(await nothing(''), 'CONFIG_INVALID');
  t.equal(await nothing('[[trees]]\nsource = "root"\ndestination = "/"\nexclude = ["**"]'), 'CONFIG_INVALID');
  for (const something of ['remove = ["/etc/old"]', 'services = ["a.service"]', 'reboot = true'])
    t.equal(await nothing(something), undefined, something);
});

void t.test('what every node refuses by its name alone is not built, and whose it is is said', async (t) => {
  const directory = t.testdir({ a: 'x', tree: { etc: { uvs: { 'agent.toml': 'x', release: 'x' } }, proc: { sys: { x: 'x' } } } });
  const built = (toml: string) => () => toPackageSpec(parseBuildSpec(`${HEAD}releaseSeq = 1\n${toml}`, 's'), directory, undefined);
  const tree = '[[trees]]\nsource = "tree"\ndestination = "/"\ndirectories = false\n';
  t.throws(built(tree), {
    reason: 'PATH_FORBIDDEN',
    message: 'No node takes /etc/uvs/agent.toml, which belongs to the agent itself; /proc/sys/x: /proc belongs to the kernel.',
    hint: /exclude/,
  });
  t.doesNotThrow(built(`${tree}exclude = ["proc/**", "**/agent.toml"]`));
  for (const [path, why] of [
    ['/dev/x', /\/dev belongs to the kernel/],
    ['/run/x', /\/run is gone with the next boot/],
    ['/var/lib/uvs-agent/journal', /\/var\/lib\/uvs-agent belongs to the agent itself/],
    ['/etc/uvs/pki', /\/etc\/uvs\/pki, which belongs to a coordinator of UVS/],
    ['/etc/uvs/admin.credential.json', /belongs to the agent itself/],
    ['/etc/sysctl.d/90-uvs-settings.conf', /belongs to the agent itself/],
  ] as const) {
    t.throws(built(`[[trees]]\nsource = "a"\ndestination = "${path}"`), { reason: 'PATH_FORBIDDEN', message: why }, path);
    t.throws(built(`remove = ["${path}"]`), { reason: 'PATH_FORBIDDEN', message: why }, `a removal of ${path}`);
  }
  t.doesNotThrow(built('[[trees]]\nsource = "a"\ndestination = "/etc/uvs/release"'));
});

void t.test('a single file goes to its full path', async (t) => {
  const found = byPath('[[trees]]\nsource = "root/etc/a.conf"\ndestination = "/etc/new.conf"', sources(t));
  t.strictSame([...found.keys()], ['etc/new.conf']);
});

void t.test('hard links stay links only where that is asked for', async (t) => {
  const directory = sources(t);
  linkSync(join(directory, 'root/etc/a.conf'), join(directory, 'root/etc/c.conf'));
  linkSync(join(directory, 'root/etc/b.conf'), join(directory, 'outside'));
  const tree = '[[trees]]\nsource = "root"\ndestination = "/"\n';
  t.match(byPath(tree, directory).get('etc/a.conf'), { linkGroup: 0 });
  const linked = byPath(`${tree}hardLinks = true`, directory);
  t.match(linked.get('etc/a.conf'), { linkGroup: 1 });
  t.match(linked.get('etc/c.conf'), { linkGroup: 1 });
  t.match(linked.get('etc/b.conf'), { linkGroup: 0 }, 'a link from outside the tree makes no group');
});

void t.test('attributes come from the source only where that is asked for, and a rule overrides them', async (t) => {
  // on a disk: not every tmpfs holds attributes of users
  const directory = sources(t);
  const setfattr = (name: string, value: string, path: string) =>
    execFileSync('setfattr', ['-h', '-n', name, '-v', value, join(directory, path)]);
  setfattr('user.a', 'source', 'root/etc/a.conf');
  setfattr('user.odd=\\name', '', 'root/etc/a.conf');
  setfattr('user.d', 'of the directory', 'root/etc');
  execFileSync('setfacl', ['-m', 'u:1:r--', join(directory, 'root/etc/b.conf')]);
  const tree = '[[trees]]\nsource = "root"\ndestination = "/x"\n';
  t.strictSame(byPath(tree, directory).get('x/etc/a.conf')?.op, 'put');
  t.match(byPath(tree, directory).get('x/etc/a.conf'), { xattrs: { 'user.a': undefined } });
  const ruled = '[[trees.rules]]\nmatch = "**/a.conf"\nxattrs = { "user.a" = "cnVsZQ==" }\n';
  const found = byPath(`${tree}xattrs = "source"\n${ruled}`, directory);
  const xattrsOf = (path: string) => {
    const entry = found.get(path);
    return entry?.op === 'put' ? entry.xattrs : undefined;
  };
  t.strictSame(xattrsOf('x/etc/a.conf'), { 'user.a': 'cnVsZQ==', 'user.odd=\\name': '' });
  t.strictSame(xattrsOf('x/etc'), { 'user.d': Buffer.from('of the directory').toString('base64') });
  t.strictSame(Object.keys(xattrsOf('x/etc/b.conf') ?? {}), ['system.posix_acl_access']);
  t.strictSame(xattrsOf('x/x.map'), {});
  const one = byPath('[[trees]]\nsource = "root/etc/a.conf"\ndestination = "/x"\nxattrs = "source"\n', directory).get('x');
  t.match(one, { xattrs: { 'user.a': Buffer.from('source').toString('base64') } }, 'of a single file too');
});

void t.test('links and removals come from the spec', async (t) => {
  const toml = 'x = 1';
  t.equal(await refusal(() => entries(`[[symlinks]]\n${toml}`, '/')), 'CONFIG_INVALID');
  const spec = parseBuildSpec(`${HEAD}releaseSeq = 1\nremove = ["/etc/old"]\n[target]\n[[symlinks]]\npath = "/a/b"\ntarget = "c"`, 's');
  t.match(toPackageSpec(spec, '/', undefined).files, [
    { path: 'a/b', type: 'symlink', link: 'c' },
    { path: 'etc/old', op: 'remove' },
  ]);
});

void t.test('trees may share directories and nothing else', async (t) => {
  const directory = t.testdir({ one: { etc: { a: '1' } }, two: { etc: { b: '2' } }, three: { etc: { a: '3' } } });
  const tree = (name: string) => `[[trees]]\nsource = "${name}"\ndestination = "/"\n`;
  t.equal(byPath(tree('one') + tree('two'), directory).size, 3);
  t.equal(await refusal(() => entries(tree('one') + tree('three'), directory)), 'CONFIG_INVALID');
});

void t.test('what is neither file, directory nor link is refused', async (t) => {
  const directory = sources(t);
  execFileSync('mkfifo', [join(directory, 'root/pipe')]);
  t.equal(await refusal(() => entries('[[trees]]\nsource = "root"\ndestination = "/"', directory)), 'INVALID_ARGUMENT');
  t.equal(await refusal(() => entries('[[trees]]\nsource = "nowhere"\ndestination = "/"', directory)), 'NOT_FOUND');
});

void t.test('a partial package leaves out what its base puts in the same way', async (t) => {
  const base: Base = { manifestHash: 'a'.repeat(64), manifest: sampleManifest([Buffer.from('-')], [Buffer.from('Welcome.\n')]) };
  const tree = '[[trees]]\nsource = "root"\ndestination = "/"\n';
  const paths = (fixture: Record<string, string>, more = '') =>
    entries(tree + more, t.testdir({ root: { etc: fixture } }), base).map(({ path }) => path);
  t.strictSame(paths({ motd: 'Welcome.\n', issue: 'x' }), ['etc', 'etc/issue']);
  t.strictSame(paths({ motd: 'Goodbye.\n' }), ['etc', 'etc/motd']);
  t.strictSame(paths({ motd: 'Welcome.\n' }, '[[trees.rules]]\nmatch = "etc/motd"\nmode = "0600"'), ['etc', 'etc/motd']);
});

void t.test('specs are strict, and errors name the file and the key', async (t) => {
  const bad: Readonly<Record<string, string>> = {
    'spec.toml is not TOML': `${HEAD}x = \n`,
    'the key "colour" is unknown': `${HEAD}colour = 1\n[target]`,
    'the key "trees.0.sauce" is unknown': `${HEAD}[target]\n[[trees]]\nsource = "a"\ndestination = "b"\nsauce = 1`,
    '"trees.0.destination" is missing': `${HEAD}[target]\n[[trees]]\nsource = "a"`,
    'expected an octal mode': `${HEAD}[target]\n[[trees]]\nsource = "a"\ndestination = "b"\n[[trees.rules]]\nmatch = "*"\nmode = "rw"`,
    '"releaseSeq" is wrong': `${HEAD}releaseSeq = 1.5\n[target]`,
  };
  for (const [problem, toml] of Object.entries(bad)) {
    t.throws(() => parseBuildSpec(toml, 'spec.toml'), { reason: 'CONFIG_INVALID', message: new RegExp(problem) }, problem);
  }
  t.equal(await refusal(() => toPackageSpec(parseBuildSpec(`${HEAD}[target]`, 's'), '/', undefined)), 'CONFIG_INVALID');
  const both = `${HEAD}releaseSeq = 1\n[components.uvs]\nreleaseSeq = 2\n[target]`;
  t.equal(await refusal(() => toPackageSpec(parseBuildSpec(both, 's'), '/', undefined)), 'CONFIG_INVALID');
});
