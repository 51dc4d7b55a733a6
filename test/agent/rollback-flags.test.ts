import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { install } from '../support/install.ts';
import { rollBack } from '../support/roll-back.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, remove, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(300_000 * patience);
const rootOnly = { skip: process.getuid?.() === 0 ? false : 'needs root to set flags' };

const beside = (content: string) => file('etc/beside', content, { config: 'new-beside' });

/** A node with two releases whose difference has every kind of path; its config file was edited. */
async function withTwo(): Promise<TestNode> {
  const node = new TestNode();
  await node.build('one', {
    seq: 1,
    files: [directory('opt/set', 0o755), directory('opt/gone-dir'), file('opt/a', 'one'), file('srv/x/gone', 'gone'), beside('1')],
  });
  await node.build('two', {
    seq: 2,
    files: [
      directory('opt/set', 0o750),
      remove('opt/gone-dir'),
      directory('opt/made'),
      file('opt/made/f', 'f'),
      file('opt/a', 'two'),
      file('opt/new', 'new'),
      remove('srv/x/gone'),
      beside('2'),
    ],
  });
  await install(node, 'one');
  await install(node, 'two');
  writeFileSync(join(node.root, 'etc/beside'), 'edited');
  return node;
}

/** Where a release's originals are, or the original with a content. */
function retained(node: TestNode, content?: string): string {
  const [operation = ''] = readdirSync(join(node.root, '.uvs-retained'));
  const area = `.uvs-retained/${operation}`;
  if (content === undefined) return area;
  return join(area, readdirSync(join(node.root, area)).find((name) => readFileSync(join(node.root, area, name), 'utf8') === content) ?? '');
}

/** What gets a flag, and what makes it where it is not there. */
const places: Readonly<Record<string, readonly [path: string | ((node: TestNode) => string), make?: (path: string) => void]>> = {
  'what is replaced': ['opt/a'],
  'what is removed': ['opt/new'],
  'the parent of all': ['opt'],
  'a directory that is set': ['opt/set'],
  'a directory that is removed': ['opt/made'],
  'the parent of what comes back': ['srv/x'],
  'the parent of what goes beside': ['etc'],
  'what is beside already': ['etc/beside.uvs-new', (path) => writeFileSync(path, 'theirs')],
  'what came back by hand': ['srv/x/gone', (path) => writeFileSync(path, 'gone')],
  'a directory that came back by hand': ['opt/gone-dir', (path) => mkdirSync(path)],
  'where everything is retained': ['.uvs-retained'],
  'where the release’s originals are': [(node) => retained(node)],
  'an original': [(node) => retained(node, 'one')],
};

/** Takes the release back and finds it refused, by name, before services are stopped and with nothing changed. */
async function refused(t: Tap, node: TestNode, what: string, message: RegExp, operation = 'op-back'): Promise<void> {
  const before = snapshot(node.root, ['var/lib/uvs-agent']);
  const passed: string[] = [];
  const ended = await rollBack(node, { failpoints: { pass: (point) => void passed.push(point) } }, operation);
  t.match(ended, { outcome: 'failed', message }, what);
  t.notOk(passed.includes('everything-staged'), `${what}: at staging`);
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before, what);
}
type Tap = Pick<typeof t, 'match' | 'notOk' | 'strictSame'>;

void t.test('a flag on anything that going back would change is named at staging, and nothing is changed', rootOnly, async (t) => {
  using node = await withTwo();
  for (const [letter, says] of Object.entries({ i: 'is immutable', a: 'may only be appended to' })) {
    for (const [what, [place, make]] of Object.entries(places)) {
      const path = typeof place === 'string' ? place : place(node);
      const address = join(node.root, path);
      make?.(address);
      execFileSync('chattr', [`+${letter}`, address]);
      try {
        const message = new RegExp(`^PATH_FORBIDDEN: ${path} ${says}`);
        await refused(t, node, `+${letter} on ${what}`, message, `op-${letter}-${Object.keys(places).indexOf(what)}`);
      } finally {
        execFileSync('chattr', [`-${letter}`, address]);
        if (make !== undefined) rmSync(address, { recursive: true });
      }
    }
  }
  t.match(await rollBack(node, {}), { outcome: 'done' }, 'without any it goes');
});

void t.test('what is no file at the place beside an edited config file is named at staging', async (t) => {
  const things: Readonly<Record<string, (path: string) => unknown>> = {
    'is a directory': (path) => mkdirSync(path),
    'is a device, a pipe or a socket': (path) => execFileSync('mkfifo', [path]),
  };
  for (const [says, make] of Object.entries(things)) {
    using node = await withTwo();
    make(join(node.root, 'etc/beside.uvs-new'));
    await refused(t, node, says, new RegExp(`^PATH_FORBIDDEN: etc/beside\\.uvs-new ${says}`));
  }
});

void t.test('what a package of the distribution has come to own since is named at staging', async (t) => {
  for (const path of ['opt/a', 'opt/new', 'opt/set', 'srv/x/gone', 'etc/beside.uvs-new']) {
    using node = await withTwo();
    mkdirSync(join(node.root, 'var/lib/dpkg/info'), { recursive: true });
    writeFileSync(join(node.root, 'var/lib/dpkg/info/other.list'), `/.\n/${path}\n`);
    await refused(t, node, path, new RegExp(`^PATH_FORBIDDEN: 2\\.14\\.2 can't be taken back: ${path} belongs to the deb package other`));
  }
});

void t.test('a directory that such a package has come to own is left to it', async (t) => {
  using node = await withTwo();
  mkdirSync(join(node.root, 'var/lib/dpkg/info'), { recursive: true });
  writeFileSync(join(node.root, 'var/lib/dpkg/info/other.list'), '/.\n/opt\n/opt/made\n');
  const ended = await rollBack(node, {});
  t.equal(ended.outcome, 'done', ended.message);
  t.match(ended.outputTail, /opt\/made is left: it belongs to the deb package other by now/);
  t.strictSame(readdirSync(join(node.root, 'opt/made')), []);
});
