import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { runUpd } from '../../../cli/upd/program.ts';
import { UvsError } from '../../../common/errors.ts';
import { netBindService } from '../../support/xattr-samples.ts';

const main = fileURLToPath(new URL('../../../cli/upd/main.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program as a process of its own. */
function spawnUpd(directory: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd: directory, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

/** Runs it inside this process; paths are relative to `directory`. */
async function upd(directory: string, ...args: readonly string[]): Promise<Ended> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const before = process.cwd();
  process.chdir(directory);
  try {
    const code = await runUpd(args, { out, err }, new AbortController().signal);
    return { code, out: String(out.read() ?? ''), err: String(err.read() ?? '') };
  } finally {
    process.chdir(before);
  }
}

const NOT_ENCRYPTED = 'upd: not encrypted: whoever gets the file can read it; --recipient encrypts it for a cluster\n';

const SPEC = `
product = "uvs"
version = "2.14.17"
releaseSeq = 17
services = ["ceph-osd.target"]
reboot = true
[target]
distro = "debian"
[brings]
uvs = "2.14.17"
[[trees]]
source = "root"
destination = "/opt/uvs"
[[tasks]]
stage = "post"
name = "migrate"
program = "migrate.sh"
timeoutSeconds = 60
idempotent = false
`;

void t.test('a release is made, shown and verified, from the keys to the last byte', async (t) => {
  const directory = t.testdir({
    root: { hello: 'hello', deep: { er: 'x'.repeat(100_000) } },
    'migrate.sh': '#!/bin/sh\n',
    'spec.toml': SPEC,
  });
  const run = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const { code, out, err } = await upd(directory, ...args, '--json');
    t.equal(code, 0, `${args.join(' ')}: ${err}`);
    const isOpen = args[0] === 'build' && !args.includes('--recipient');
    t.equal(err, isOpen ? NOT_ENCRYPTED : '', 'nothing else goes to stderr where it is no terminal');
    return JSON.parse(out);
  };

  const key = await run('keygen', 'vendor');
  t.equal(statSync(join(directory, 'vendor.key')).mode & 0o777, 0o600);
  const cluster = await run('keygen', 'cluster', '--encryption');
  await run('keygen', 'stranger', '--encryption');
  const root = await run('root', 'init', '-o', 'root.json', '--key', 'vendor.pub', '--product', 'uvs');
  t.match(root, { version: 1, sha256: /^[0-9a-f]{64}$/ });

  const plain = await run('build', 'spec.toml', '-o', 'plain.upd', '--key', 'vendor.key');
  const sealed = await run('build', 'spec.toml', '-o', 'sealed.upd', '--key', 'vendor.key', '--recipient', String(cluster['recipient']));
  t.match(await run('inspect', 'plain.upd'), {
    verified: false,
    manifestHash: plain['manifestHash'],
    keyIds: [key['keyId']],
    manifest: { version: '2.14.17', components: { uvs: { epoch: 0, releaseSeq: 17 } }, tasks: [{ name: 'migrate' }], reboot: true },
  });
  t.match(await run('verify', 'plain.upd', '--root', 'root.json'), {
    verified: 'contents',
    signers: [{ role: 'vendor', keyIds: [key['keyId']] }],
  });
  t.match(await run('verify', 'sealed.upd', '--root', 'root.json'), { verified: 'stored bytes', manifestHash: sealed['manifestHash'] });
  t.match(await run('verify', 'sealed.upd', '--root', 'root.json', '--identity', 'cluster.identity'), { verified: 'contents' });

  const people = await upd(directory, 'inspect', 'plain.upd', '--files');
  t.match(people.out, /Product +uvs 2\.14\.17, full/);
  t.match(people.out, /-0644 0:0 +5 {2}opt\/uvs\/hello/);

  void t.test('a partial release carries only what changed', async (t) => {
    writeFileSync(join(directory, 'root/hello'), 'hello again');
    writeFileSync(
      join(directory, 'partial.toml'),
      SPEC.replace('releaseSeq = 17', 'releaseSeq = 18\nkind = "partial"\nbase = "plain.upd"'),
    );
    await run('build', 'partial.toml', '-o', 'partial.upd', '--key', 'vendor.key');
    const { manifest } = await run('inspect', 'partial.upd');
    t.match(manifest, { kind: 'partial', base: plain['manifestHash'], files: [{ path: 'opt/uvs/hello' }] });
  });

  void t.test('a release for any machine says nothing of its target', async (t) => {
    writeFileSync(join(directory, 'anywhere.toml'), SPEC.replace('[target]\ndistro = "debian"\n', ''));
    await run('build', 'anywhere.toml', '-o', 'anywhere.upd', '--key', 'vendor.key');
    t.match(await run('inspect', 'anywhere.upd'), { manifest: { target: { distro: '', archs: { length: 0 } } } });
  });

  void t.test('a release says from when on it can not be taken back, and shows it', async (t) => {
    const barrier = (lines: string): string => `${SPEC}\n[barrier]\nsentence = "OSDs of 17.x write a new format"\n${lines}\n`;
    const shown = async (lines: string): Promise<string> => {
      writeFileSync(join(directory, 'barrier.toml'), barrier(lines));
      rmSync(join(directory, 'barrier.upd'), { force: true });
      t.match(await upd(directory, 'build', 'barrier.toml', '-o', 'barrier.upd', '--key', 'vendor.key'), { code: 0 });
      return (await upd(directory, 'inspect', 'barrier.upd')).out;
    };
    t.match(await shown(''), /Barrier +can't be taken back: OSDs of 17\.x write a new format/);
    t.match(await shown('onceUnits = ["ceph-osd@*"]'), /where there is ceph-osd@\*\.service: OSDs of/);
    t.match(await shown('oncePath = "/var/lib/app/2"'), /once \/var\/lib\/app\/2 is there: OSDs of/);
    writeFileSync(join(directory, 'barrier.toml'), barrier('oncePath = "/a"\nonceUnits = ["ceph-osd@*"]'));
    t.match(await upd(directory, 'build', 'barrier.toml', '-o', 'b.upd', '--key', 'vendor.key'), {
      code: 2,
      err: /both oncePath and onceUnits/,
    });
  });

  void t.test(
    'a package declares what the spec lets be setuid, setgid or with capabilities, and shows it; one without any says nothing of it',
    async (t) => {
      const rules = `[[trees.rules]]\nmatch = "hello"\nmode = "6755"\n[[trees.rules]]\nmatch = "hello"\nxattrs = { "security.capability" = "${netBindService}" }\n`;
      writeFileSync(join(directory, 'privileged.toml'), SPEC.replace('[[tasks]]', `${rules}[[tasks]]`));
      await run('build', 'privileged.toml', '-o', 'privileged.upd', '--key', 'vendor.key');
      t.match(await run('inspect', 'privileged.upd'), { manifest: { privileged: ['opt/uvs/hello'] } });
      t.match(
        (await upd(directory, 'inspect', 'privileged.upd')).out,
        /Privileged +\/opt\/uvs\/hello: setuid, setgid, with capabilities, of 0:0\n/,
      );
      t.notOk(JSON.stringify(await run('inspect', 'plain.upd')).includes('privileged'));
    },
  );

  void t.test('mistakes get one sentence, a hint, and an exit code that means something', async (t) => {
    const damaged = readFileSync(join(directory, 'plain.upd'));
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 9) ^ 1, damaged.length - 9);
    writeFileSync(join(directory, 'damaged.upd'), damaged);
    writeFileSync(join(directory, 'cut.upd'), damaged.subarray(0, 700));
    writeFileSync(join(directory, 'bad.toml'), `${SPEC}colour = "red"\n`);
    writeFileSync(join(directory, 'misspelt.toml'), SPEC.replace('version =', 'verison ='));
    writeFileSync(join(directory, 'no-product.toml'), SPEC.replace('"uvs"', '"other"'));
    await upd(directory, 'keygen', 'second');
    await upd(directory, 'root', 'init', '-o', 'second.json', '--key', 'second.pub', '--product', 'uvs');
    await upd(directory, 'build', 'no-product.toml', '-o', 'other.upd', '--key', 'vendor.key');
    const cases: readonly (readonly [args: string, code: number, message: RegExp])[] = [
      ['verify damaged.upd --root root.json', 4, /Segment 0 .* \[PACKAGE_CORRUPT\]/],
      ['verify cut.upd --root root.json', 4, /\[PACKAGE_TRUNCATED\]/],
      ['verify spec.toml --root root.json', 4, /is no \.upd package, or damaged.* \[PACKAGE_MALFORMED\]/],
      ['verify plain.upd --root second.json', 5, /does not know\. \[KEY_UNKNOWN\]/],
      ['verify plain.upd --root spec.toml', 5, /\[ROOT_INVALID\]/],
      ['verify sealed.upd --root root.json --identity stranger.identity', 5, /\[KEY_WRONG\]/],
      ['verify sealed.upd --root root.json --identity spec.toml', 2, /\[INVALID_ARGUMENT\]/],
      ['verify other.upd --root root.json', 6, /product "other".* \[TARGET_MISMATCH\]/],
      ['verify nowhere.upd --root root.json', 3, /nowhere\.upd.* \[NOT_FOUND\]/],
      ['keygen vendor', 3, /vendor\.key exists.* \[ALREADY_EXISTS\]/],
      ['build bad.toml -o x.upd --key vendor.key', 2, /bad\.toml: the key "tasks\.0\.colour" is unknown\. \[CONFIG_INVALID\]/],
      ['build spec.toml -o x.upd --key nowhere.key', 3, /nowhere\.key.* \[NOT_FOUND\]/],
      ['build spec.toml -o x.upd --key vendor.pub', 2, /vendor\.pub is not a private key.* \[INVALID_ARGUMENT\]/],
      [
        'build spec.toml -o x.upd --key vendor.key --recipient age1x',
        2,
        /"age1x" is not an age recipient.* \[INVALID_ARGUMENT\]\nThe recipient of a cluster is what "uvsctl status" shows/,
      ],
      ['build spec.toml -o x.upd --key vendor.key --level 30', 2, /--level.* \[INVALID_ARGUMENT\]/],
      ['build spec.toml -o nowhere/x.upd --key vendor.key', 3, /nowhere can't be written to.* \[NOT_FOUND\]/],
      [
        'root init -o x.json --key vendor.pub --threshold 2 --product uvs',
        2,
        /threshold is above the number of keys.* \[INVALID_ARGUMENT\]/,
      ],
      ['root init -o x.json --key vendor.pub --product UVS', 2, /--product: "UVS" is no product's name.*a-z.* \[INVALID_ARGUMENT\]/],
      ['build misspelt.toml -o x.upd --key vendor.key', 2, /the key "verison" is unknown\. \[CONFIG_INVALID\]/],
      ['build spec.toml', 2, /^upd: --out <file> is missing \[INVALID_ARGUMENT\]\nAdd --out <file>\. /],
      ['frobnicate', 2, /unknown command/],
      ['', 2, /Usage: upd/],
    ];
    const before = readdirSync(directory).length;
    for (const [args, code, message] of cases) {
      const ended = await upd(directory, ...args.split(' ').filter((arg) => arg !== ''));
      t.equal(ended.code, code, `upd ${args}`);
      t.match(ended.err, message);
      t.equal(ended.out, '', 'nothing on stdout');
    }
    t.equal(readdirSync(directory).length, before, 'nothing was written');
  });
});

void t.test('a package can show nothing of itself that a terminal obeys', async (t) => {
  const name = 'a\u202egpj.sh';
  const directory = t.testdir({ root: { [name]: 'x' }, 'migrate.sh': '#!/bin/sh\n', 'spec.toml': `${SPEC}args = ["\u009b2J"]\n` });
  await upd(directory, 'keygen', 'k');
  await upd(directory, 'build', 'spec.toml', '-o', 'x.upd', '--key', 'k.key');
  const [people, json] = [await upd(directory, 'inspect', 'x.upd', '--files'), await upd(directory, 'inspect', 'x.upd', '--json')];
  t.match(people.out, /opt\/uvs\/a\?gpj\.sh/);
  for (const { out } of [people, json]) t.notMatch(out, /[\u007f-\u009f\u202a-\u202e]/);
  t.match(JSON.parse(json.out), { manifest: { files: [{ path: `opt/uvs/${name}` }], tasks: [{ args: ['\u009b2J'] }] } });
});

void t.test('help is on stdout and explains the spec and the exit codes', async (t) => {
  t.match(await upd('.', 'build', '--help'), { code: 0, out: /releaseSeq = 17/ });
  // as test/agent/run-tasks.test.ts has them from a task
  const told = ['UVS_STAGE', 'UVS_ROOT', 'UVS_VERSION', 'UVS_FROM_VERSION', 'UVS_NODE_NAME', 'UVS_OPERATION', 'UVS_STATE_DIR'];
  const { out } = await upd('.', 'build', '--help');
  t.strictSame(
    [...out.matchAll(/^ {2}(UVS_\w+) +\S/gm)].map(([, name]) => name),
    told,
  );
  for (const stage of ['pre', 'post', 'cleanup'])
    t.match(out, new RegExp(`^  ${stage} +(before|once|last)`, 'm'), `when ${stage} tasks run`);
  t.match(out, /fails, in whichever stage, the node goes back/);
  t.match(out, /PATH\.uvs-new/);
  t.match(await upd('.', '--help'), { code: 0, out: /Exit codes: 0 done[^]* 6 it is of a product/ });
});

void t.test('the program exits with the code, prints the result on stdout and errors on stderr', async (t) => {
  const directory = t.testdir({ 'x.upd': 'nothing' });
  const [made, refused] = await Promise.all([spawnUpd(directory, 'keygen', 'k'), spawnUpd(directory, 'inspect', 'x.upd')]);
  t.match(made, { code: 0, out: /Key id/, err: '' });
  t.match(refused, { code: 4, out: '', err: /^upd: The file is no \.upd package/ });
});

void t.test('a build takes the place of no file that is there, above all not of what it is made from', async (t) => {
  const directory = t.testdir({ root: { 'a.txt': 'a' }, 'migrate.sh': '#!/bin/sh\n', 'spec.toml': SPEC });
  await upd(directory, 'keygen', 'k');
  for (const out of ['k.key', 'spec.toml', 'root/a.txt', 'migrate.sh']) {
    const before = readFileSync(join(directory, out));
    const { code, err } = await upd(directory, 'build', 'spec.toml', '-o', out, '--key', 'k.key');
    t.match({ code, err }, { code: 3, err: `${out} exists and is left as it is` });
    t.strictSame(readFileSync(join(directory, out)), before, out);
  }
  t.match(await upd(directory, 'build', 'spec.toml', '-o', 'x.upd', '--key', 'k.key'), { code: 0 });
  t.match(await upd(directory, 'build', 'spec.toml', '-o', 'x.upd', '--key', 'k.key'), { code: 3 }, 'nor of a package');
  t.strictSame(readdirSync(directory).toSorted(), ['k.key', 'k.pub', 'migrate.sh', 'root', 'spec.toml', 'x.upd']);
});

void t.test('a signal ends a build, and nothing is left', async (t) => {
  const directory = t.testdir({ root: {}, 'migrate.sh': '#!/bin/sh\n', 'spec.toml': SPEC });
  await upd(directory, 'keygen', 'k');
  writeFileSync(join(directory, 'root/large'), randomBytes(24_000_000));
  const stopping = new AbortController();
  const output = { out: new PassThrough(), err: new PassThrough() };
  const args = ['build', join(directory, 'spec.toml'), '-o', join(directory, 'x.upd'), '--key', join(directory, 'k.key'), '--level', '19'];
  const ending = runUpd(args, output, stopping.signal);
  stopping.abort(new UvsError('CANCELLED', 'Cancelled; nothing was written.'));
  t.equal(await ending, 11);
  t.strictSame(
    readdirSync(directory).filter((name) => name.startsWith('x.upd')),
    [],
  );
});
