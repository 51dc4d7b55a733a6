import t from 'tap';
import { parseAccessList } from '../../../cli/upd/access-list.ts';
import { runUpdIn } from '../../support/run-upd.ts';
import { accessList, text } from '../../support/xattr-samples.ts';

const ACCESS = 'system.posix_acl_access';
const DEFAULT = 'system.posix_acl_default';

/** What a rule of the spec says of a path, and what has to be shown of it. */
const rules: readonly (readonly [path: string, mode: string, xattrs: Readonly<Record<string, string>>, shown: readonly string[]])[] = [
  ['closed', '0644', {}, []],
  ['program', '0777', {}, ['writable by everybody']],
  ['data', '0666', { [ACCESS]: accessList('u::rw-,u:7:rw-,g::rw-,m::rw-,o::rw-') }, ['writable by everybody']],
  ['open', '0777', {}, ['writable by everybody']],
  ['shared', '1777', {}, ['writable by everybody (sticky)']],
  ['written', '0664', { [ACCESS]: accessList('u::rw-,u:7:rwx,g::r--,g:8:r--,m::rw-,o::r--') }, ['open to user 7 (rw-) by its access list']],
  ['masked', '0644', { [ACCESS]: accessList('u::rw-,u:7:rwx,g::r--,m::r--,o::r--') }, []],
  ['secret', '0640', { [ACCESS]: accessList('u::rw-,g::r--,g:8:r--,m::r--,o::---') }, ['open to group 8 (r--) by its access list']],
  [
    'handing-on',
    '0755',
    { [DEFAULT]: accessList('u::rwx,u:7:rwx,g::r-x,m::rwx,o::rwx') },
    ['open to user 7 (rwx) in what is made in it', 'open to everybody (rwx) in what is made in it'],
  ],
  ['handing-less-on', '0755', { [DEFAULT]: accessList('u::rwx,u:7:rwx,g::r-x,m::r-x,o::r-x') }, []],
  ['odd', '0644', { [ACCESS]: text('no list') }, [`under an access list that upd can't read (${ACCESS})`]],
  ['foreign', '0644', { 'system.nfs4_acl': text('x') }, [`under an access list that upd can't read (system.nfs4_acl)`]],
];
const directories = ['open', 'shared', 'handing-on', 'handing-less-on'];

void t.test('whoever looks at a package sees what others can write, and what access lists grant beyond modes', async (t) => {
  const directory = t.testdir({
    root: Object.fromEntries(rules.map(([path]) => [path, directories.includes(path) ? {} : 'x'])),
    'spec.toml': [
      'product = "uvs"\nversion = "1"\nreleaseSeq = 1\n[target]\n[[trees]]\nsource = "root"\ndestination = "/srv"\nowner = "5:6"\n',
      ...rules.map(([path, mode, xattrs]) => {
        const values = Object.entries(xattrs).map(([name, value]) => `"${name}" = "${value}"`);
        return `[[trees.rules]]\nmatch = "${path}"\nmode = "${mode}"\nxattrs = { ${values.join(', ')} }\n`;
      }),
    ].join(''),
  });
  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await runUpdIn(directory, args);
    t.equal(code, 0, err);
    return out;
  };
  await run('keygen', 'vendor');
  await run('root', 'init', '-o', 'root.json', '--key', 'vendor.pub', '--product', 'uvs');
  await run('build', 'spec.toml', '-o', 'x.upd', '--key', 'vendor.key');
  const wanted = rules.flatMap(([path, , , shown]) => shown.map((as) => `/srv/${path}: ${as}, of 5:6`)).toSorted();
  for (const out of [await run('inspect', 'x.upd'), await run('verify', 'x.upd', '--root', 'root.json')]) {
    const lines = out.split('\n').flatMap((line) => /^Open {9}(.*)$/.exec(line)?.[1] ?? []);
    t.strictSame(lines.toSorted(), wanted);
  }
});

void t.test('an access list that is cut, or of another version, is none', (t) => {
  const list = Buffer.from(accessList('u::rw-,u:7:rw-,g::r--,m::rw-,o::r--'), 'base64');
  t.strictSame(parseAccessList(list.toString('base64')), [
    { who: 'user 7', permissions: 6 },
    { who: 'everybody', permissions: 4 },
  ]);
  t.equal(parseAccessList(list.subarray(0, -1).toString('base64')), undefined);
  t.equal(parseAccessList(''), undefined);
  t.equal(parseAccessList(Buffer.concat([Buffer.from([1]), list.subarray(1)]).toString('base64')), undefined);
  t.end();
});
