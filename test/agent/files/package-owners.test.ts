import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PackageOwners } from '../../../agent/files/package-owners.ts';
import { installRpm } from '../../support/install-rpm.ts';
import { patience } from '../../support/patience.ts';

t.setTimeout(240_000 * patience);

void t.test('what rpm owns is found, by whatever package, and asked anew only after a change', async (t) => {
  const top = t.testdir({ build: {}, root: {} });
  const root = join(top, 'root');
  installRpm(join(top, 'build'), root, 'one', '/usr/share/one/data');
  const owners = new PackageOwners(root);
  const asked = ['usr/share/one/data', 'usr/share/two/data', 'etc/x'];
  t.strictSame([...(await owners.of(asked))], [['usr/share/one/data', 'rpm package one']]);
  const again = await owners.of(asked);
  t.equal(await owners.of(asked), again, 'nothing has changed: it is not asked again');
  installRpm(join(top, 'build'), root, 'two', '/usr/share/two/data');
  t.strictSame([...(await owners.of(asked)).values()], ['rpm package one', 'rpm package two']);
});

void t.test('dpkg’s lists are read by either name of a merged /usr, and again once they were replaced', async (t) => {
  const root = t.testdir({ usr: { bin: {} }, var: { lib: { dpkg: { info: { 'a.list': '/.\n/bin\n/bin/tool\n/lib/x\n' } } } } });
  const owners = new PackageOwners(root);
  t.strictSame(
    [...(await owners.of(['usr/bin/tool', 'bin/tool', 'usr/lib/x', 'lib/x']))],
    [
      ['bin/tool', 'deb package a'],
      ['lib/x', 'deb package a'],
    ],
  );
  execFileSync('ln', ['-s', 'usr/bin', join(root, 'bin')]);
  const merged = new PackageOwners(root);
  t.strictSame([...(await merged.of(['usr/bin/tool', 'usr/lib/x']))], [['usr/bin/tool', 'deb package a']], 'lib is no link here');
  mkdirSync(join(root, 'var/lib/dpkg/new'));
  writeFileSync(join(root, 'var/lib/dpkg/new/b.list'), '/usr/lib/x\n');
  execFileSync('mv', [join(root, 'var/lib/dpkg/new/b.list'), join(root, 'var/lib/dpkg/info/b.list')]);
  t.strictSame([...(await merged.of(['usr/bin/tool', 'usr/lib/x'])).values()], ['deb package a', 'deb package b']);
});
