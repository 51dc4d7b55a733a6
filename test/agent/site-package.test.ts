import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { generateSigningKey } from '../../common/upd/keys.ts';
import { encodeRoot } from '../../common/upd/root.ts';
import type { EntrySpec } from '../../common/upd/writer.ts';
import { install } from '../support/install.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { directory, file, remove, symlink, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);
const rootOnly = { skip: process.getuid?.() === 0 ? false : 'needs root to mount file systems' };

/** A node whose operator signs packages of its own beside the vendor's. */
class SiteNode extends TestNode {
  readonly #site = generateSigningKey();

  constructor() {
    super();
    const rules = { keys: [this.key], threshold: 1 };
    const site = { keys: [this.#site], threshold: 1, products: ['local'] };
    writeFileSync(this.rootFile, encodeRoot({ format: 1, version: 1, root: rules, vendor: { ...rules, products: ['uvs'] }, site }));
  }

  async local(seq: number, files: readonly EntrySpec[], components = { local: { epoch: 0, releaseSeq: seq } }) {
    await this.build('local', { seq, version: `local-${seq}`, product: 'local', components, files, brings: {} }, [], [this.#site]);
    return await install(this, 'local');
  }

  async vendor(seq: number, files: readonly EntrySpec[]) {
    await this.build('vendor', { seq, files });
    return await install(this, 'vendor');
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }
}

void t.test('a package of the site does not take over a component of the vendor, whose next release is taken', async (t) => {
  using node = new SiteNode();
  await node.vendor(1, [file('opt/a', 'vendor')]);
  const components = { local: { epoch: 0, releaseSeq: 1 }, uvs: { epoch: 2 ** 31, releaseSeq: 1 } };
  const ended = await node.local(1, [file('opt/own', 'site')], components);
  t.match(ended, { outcome: 'failed', message: /TARGET_MISMATCH: .*component "uvs", which is the vendor's/ });
  t.match(await node.vendor(2, [file('opt/a', 'vendor 2')]), { outcome: 'installed' });
});

void t.test('a package of the site neither replaces, changes nor removes what the vendor has put, and comes beside it', async (t) => {
  using node = new SiteNode();
  await node.vendor(1, [directory('opt'), file('opt/a', 'vendor'), file('opt/b.uvs-new', 'vendor')]);
  const attempts: readonly (readonly [path: string, entry: EntrySpec])[] = [
    ['opt/a', file('opt/a', 'site')],
    ['opt/a', remove('opt/a')],
    ['opt', directory('opt', 0o777)],
    ['opt/b.uvs-new', file('opt/b', 'site', { config: 'new-beside' })],
  ];
  for (const [path, entry] of attempts) {
    const message = new RegExp(`PATH_FORBIDDEN: the package may not touch ${path}: uvs 2\\.14\\.1, which is installed here`);
    t.match(await node.local(1, [entry]), { outcome: 'failed', message }, path);
  }
  t.equal(node.read('opt/a'), 'vendor');
  t.match(await node.local(1, [directory('opt'), file('opt/own', 'site')]), { outcome: 'installed' }, 'directories are shared');
  t.match(await node.local(2, [file('opt/own', 'site 2'), remove('opt/gone')]), { outcome: 'installed' }, 'its own it may replace');
});

void t.test('a package of the site that was there first does not keep the vendor away', async (t) => {
  using node = new SiteNode();
  t.match(await node.local(1, [file('opt/a', 'site'), file('opt/own', 'site')]), { outcome: 'installed' });
  t.match(await node.vendor(1, [file('opt/a', 'vendor')]), { outcome: 'installed' });
  t.equal(node.read('opt/a'), 'vendor');
  t.match(await node.local(2, [file('opt/a', 'site 2')]), { outcome: 'failed', message: /PATH_FORBIDDEN/ });
});

void t.test('a package of the site brings no agent and no runtime, nor moves the pointer, whatever the vendor has brought', async (t) => {
  using node = new SiteNode();
  const attempts: readonly EntrySpec[] = [
    symlink('usr/lib/uvs/agent/current', '9.9.9'),
    file('usr/lib/uvs/agent/9.9.9/lib/other.js', 'site'),
    file('usr/lib/uvs/runtime/9.9.9/node', 'site', { mode: 0o755 }),
    remove('usr/lib/uvs/agent/0.2.0/lib/uvs-agent.js'),
    directory('usr/lib/uvs', 0o777),
  ];
  for (const entry of attempts) {
    const message = new RegExp(
      `PATH_FORBIDDEN: the package may not touch ${entry.path}: the agent is there, which the vendor alone brings`,
    );
    t.match(await node.local(1, [entry]), { outcome: 'failed', message }, entry.path);
  }
  t.notOk(existsSync(join(node.root, 'usr/lib/uvs')));
  t.match(await node.vendor(1, [file('usr/lib/uvs/agent/9.9.9/lib/other.js', 'vendor')]), { outcome: 'installed' });
});

void t.test('where the agent is elsewhere by a symlink, a package of the site leaves that place alone too', async (t) => {
  using node = new SiteNode();
  mkdirSync(join(node.root, 'opt/uvs/agent'), { recursive: true });
  mkdirSync(join(node.root, 'usr/lib'), { recursive: true });
  symlinkSync('../../opt/uvs', join(node.root, 'usr/lib/uvs'));
  const message = /PATH_FORBIDDEN: .*opt\/uvs\/agent\/current: the agent is there/;
  t.match(await node.local(1, [symlink('opt/uvs/agent/current', '9.9.9')]), { outcome: 'failed', message });
});

void t.test('what the site has put in the way of a vendor’s directory, or of a file, is named with what to do, which works', async (t) => {
  const cases: readonly (readonly [site: EntrySpec, type: string, vendor: EntrySpec])[] = [
    [file('opt/app', 'site'), 'file', file('opt/app/bin/x', 'vendor')],
    [file('opt/app', 'site'), 'file', directory('opt/app')],
    [directory('opt/app'), 'directory', file('opt/app', 'vendor')],
    [symlink('opt/app', 'elsewhere'), 'symlink', file('opt/app/x', 'vendor')],
  ];
  for (const [site, type, vendor] of cases) {
    using node = new SiteNode();
    t.match(await node.local(1, [site]), { outcome: 'installed' });
    const message = new RegExp(`^PATH_FORBIDDEN: opt/app is a ${type} that local local-1, which is installed here, has put there`);
    t.match(await node.vendor(1, [vendor]), { outcome: 'failed', message, outputTail: /Bring a release of "local" that removes it/ });
    t.match(await node.local(2, [remove('opt/app')]), { outcome: 'installed' });
    t.match(await node.vendor(1, [vendor]), { outcome: 'installed' });
    t.match(await node.local(3, [site]), { outcome: 'failed', message: /PATH_FORBIDDEN/ }, 'the path is the vendor’s then');
  }
  using node = new SiteNode();
  await node.local(1, [file('opt/app', 'site')]);
  rmSync(join(node.root, 'opt/app'));
  t.match(await node.vendor(1, [file('opt/app/x', 'vendor')]), { outcome: 'installed' }, 'or somebody moves it away');
  using other = new SiteNode();
  await other.local(1, [file('opt/app', 'site')]);
  t.match(await other.vendor(1, [remove('opt/app')]), { outcome: 'installed' }, 'or the vendor removes it before');
  t.match(await other.vendor(2, [file('opt/app/x', 'vendor')]), { outcome: 'installed' });
});

void t.test('a directory that the vendor’s files lie in, named by nobody, keeps its mode, owner and attributes', async (t) => {
  using node = new SiteNode();
  await node.vendor(1, [file('opt/app/bin/x', 'vendor')]);
  const attempts: readonly EntrySpec[] = [
    directory('opt/app/bin', 0o700),
    directory('opt/app', 0o777),
    { path: 'opt/app/bin', op: 'put', type: 'directory', mode: 0o755, uid: 1000, gid: 1000, xattrs: {} },
    directory('opt', 0o755, { 'user.site': 'eA==' }),
  ];
  for (const entry of attempts) {
    const message = new RegExp(
      `PATH_FORBIDDEN: the package may not change the directory ${entry.path}: uvs 2\\.14\\.1, which is installed here`,
    );
    t.match(await node.local(1, [entry]), { outcome: 'failed', message }, entry.path);
  }
  t.equal(statSync(join(node.root, 'opt/app/bin')).mode & 0o7777, 0o755);
  t.match(await node.local(1, [directory('opt/app'), file('opt/app/site', 'site')]), { outcome: 'installed' }, 'as it is it may be named');
  t.match(await node.local(2, [remove('opt/app/site'), remove('opt/app')]), { outcome: 'installed' }, 'it stays, for it is not empty');
  t.equal(node.read('opt/app/bin/x'), 'vendor');
});

void t.test('the site’s own directory, into which the vendor has brought files since, may be brought again as it was', async (t) => {
  using node = new SiteNode();
  const own = directory('opt/site', 0o700, { 'user.site': 'eA==' });
  await node.local(1, [own]);
  t.match(await node.vendor(1, [file('opt/site/x', 'vendor')]), { outcome: 'installed' });
  t.match(await node.local(2, [own, file('opt/site/y', 'site')]), { outcome: 'installed' });
  t.match(await node.local(3, [directory('opt/site', 0o711)]), { outcome: 'failed', message: /PATH_FORBIDDEN/ });
});

void t.test('where upper and lower case are one a package of the site leaves the vendor’s alone by every name', rootOnly, async (t) => {
  using node = new SiteNode();
  using disk = MountedDisk.make('exfat');
  using _ = disk.bindTo(join(node.root, 'srv/fw'));
  const poor = { mode: 0o755 };
  t.match(await node.vendor(1, [file('srv/fw/config', 'vendor', poor), file('srv/fw/app/x', 'vendor', poor)]), { outcome: 'installed' });
  for (const entry of [
    file('srv/fw/CONFIG', 'site', poor),
    remove('srv/fw/Config'),
    file('srv/fw/App/X', 'site', poor),
    directory('srv/fw/APP', 0o700),
  ])
    t.match(
      await node.local(1, [entry]),
      { outcome: 'failed', message: /PATH_FORBIDDEN: .*uvs 2\.14\.1, which is installed here/ },
      entry.path,
    );
  t.equal(node.read('srv/fw/config'), 'vendor');
  t.match(await node.local(1, [file('srv/fw/own', 'site', poor)]), { outcome: 'installed' });
});
