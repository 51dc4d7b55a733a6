import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { sealSecret } from '../../../cli/upd/secret-file.ts';
import { onDiskAct } from '../../../common/disk-act.ts';
import { file, forge, soundFile } from '../../bad/forge.ts';
import { makeKit } from '../../bad/kit.ts';
import { runUpdIn } from '../../support/run-upd.ts';

const SPEC = 'product = "uvs"\nversion = "1"\nreleaseSeq = 1\n[[trees]]\nsource = "tree"\ndestination = "/opt"\n';

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

/** Vendor keys 2 of 3 (ann, bob, cem), a site key (sue) for another product, and a package that ann has built. */
async function built(t: Test) {
  const directory = t.testdir({ tree: { hello: 'hello' }, 'spec.toml': SPEC });
  const upd = async (line: string, passphrase?: string) => await runUpdIn(directory, line.split(' '), passphrase);
  const run = async (line: string, passphrase?: string): Promise<Record<string, unknown>> => {
    const { code, out, err } = await upd(`${line} --json`, passphrase);
    t.equal(code, 0, `${line}: ${err}`);
    return JSON.parse(out === '' ? '{}' : out);
  };
  const ids: Record<string, string> = {};
  for (const name of ['ann', 'bob', 'cem', 'sue', 'eve']) ids[name] = String((await run(`keygen ${name}`))['keyId']);
  await run('root init -o root.json --key ann.pub bob.pub cem.pub --threshold 2 --product uvs --site-key sue.pub --site-product local');
  await run('build spec.toml -o x.upd --key ann.key');
  return { directory, upd, run, ids };
}

void t.test('two of three people sign a package, each with a key of their own', async (t) => {
  const { upd, run, ids } = await built(t);
  t.match(await upd('verify x.upd --root root.json'), { code: 5, err: /1 of 2 vendor keys.*SIGNATURE_MISSING/ });
  t.match(
    (await upd('inspect x.upd --root root.json')).out,
    new RegExp(`vendor keys: 1 of 2 signed; 1 more of ${ids['bob']}, ${ids['cem']}`),
  );
  const before = await run('inspect x.upd');
  const signed = await run('sign x.upd --key cem.key --root root.json');
  t.match(signed, { isSigned: true, manifestHash: before['manifestHash'] });
  t.match(await run('verify x.upd --root root.json'), {
    verified: 'contents',
    signers: [{ role: 'vendor', keyIds: [String(ids['ann']), String(ids['cem'])].toSorted(byText) }],
  });
});

void t.test('who does not want the package gives a signature in a file of its own', async (t) => {
  const { directory, upd, run } = await built(t);
  const before = readFileSync(join(directory, 'x.upd'));
  await run('sign x.upd --key bob.key --detached bob.sig --root root.json');
  t.ok(before.equals(readFileSync(join(directory, 'x.upd'))), 'the package is left as it is');
  t.match(await run('sign x.upd --signature bob.sig --root root.json'), { isSigned: true });
  t.match(await upd('verify x.upd --root root.json'), { code: 0 });
});

void t.test('a signature that would count for nothing is not made, and a bad one is not taken', async (t) => {
  const { directory, upd, run, ids } = await built(t);
  await run('build spec.toml -o other.upd --key ann.key');
  await run('sign x.upd --key bob.key --detached bob.sig');
  // bob's, but of something else
  const [bobs] = JSON.parse(readFileSync(join(directory, 'bob.sig'), 'utf8'));
  writeFileSync(join(directory, 'forged.sig'), JSON.stringify([{ ...bobs, keyId: ids['cem'] }]));
  const damaged = readFileSync(join(directory, 'x.upd'));
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 3) ^ 1, damaged.length - 3);
  writeFileSync(join(directory, 'damaged.upd'), damaged);
  copyFileSync(join(directory, 'bob.key'), join(directory, 'open.key'));
  chmodSync(join(directory, 'open.key'), 0o644);
  const before = readFileSync(join(directory, 'x.upd'));
  const cases: readonly (readonly [line: string, code: number, message: RegExp])[] = [
    ['sign x.upd --key ann.key', 3, /ann\.key .* has signed this package already/],
    ['sign x.upd --key bob.key bob.key', 2, /can't count twice/],
    ['sign x.upd --key eve.key --root root.json', 5, /eve\.key .* is no key of root file version 1.*KEY_UNKNOWN/],
    ['sign x.upd --key sue.key --root root.json', 5, /a site key of root file version 1, which may not sign the product uvs/],
    ['sign x.upd --signature forged.sig --root root.json', 5, /SIGNATURE_INVALID/],
    ['sign x.upd --signature spec.toml', 4, /PACKAGE_MALFORMED/],
    ['sign damaged.upd --key bob.key', 4, /PACKAGE_CORRUPT/],
    ['sign x.upd --key open.key', 2, /others than its owner can use it \(mode 0644\).*chmod 600 open\.key/s],
    ['sign x.upd --key nowhere.key', 3, /nowhere\.key.*NOT_FOUND/],
    ['sign x.upd', 2, /nothing to add/],
    ['sign x.upd --detached y.sig', 2, /nothing to add/],
  ];
  for (const [line, code, message] of cases) {
    const ended = await upd(line);
    t.equal(ended.code, code, `upd ${line}`);
    t.match(ended.err, message);
  }
  t.ok(before.equals(readFileSync(join(directory, 'x.upd'))), 'the package is as it was');
});

void t.test('a package built before a rotation carries the chain afterwards', async (t) => {
  const { upd, run } = await built(t);
  await run('sign x.upd --key bob.key');
  await run('root next root.json -o two.json --revoke ann.pub --add-key vendor=eve.pub');
  await run('root sign two.json --root root.json --key bob.key cem.key');
  t.match(await run('sign x.upd --key cem.key --root-chain two.json'), { rootVersion: 2, isSigned: true });
  t.match(await run('verify x.upd --root root.json'), { rootVersion: 2 });
  t.match((await upd('inspect x.upd')).out, /Under root file version 2\n +vendor keys: 2 of 2 signed\n/);
  // as verify does: ann, whom the second version lacks, is not counted
  t.match(await run('inspect x.upd --root root.json'), { rootVersion: 2, isSigned: true });
  await run('root init -o foreign.json --key eve.pub --product uvs');
  const foreign = await upd('inspect x.upd --root foreign.json');
  t.match(foreign.out, /^Root chain +refused by "upd verify" and by nodes: .*\nUnder root file version 1\n/mu);
  t.match(await upd('verify x.upd --root foreign.json'), { code: 5, err: /ROOT_INVALID/ });
});

void t.test('a key with a passphrase opens with it only, and never without anybody to ask', async (t) => {
  const { directory, upd, run } = await built(t);
  await run('keygen kept --passphrase', 'a rope ladder');
  t.match(readFileSync(join(directory, 'kept.key'), 'utf8'), /^-----BEGIN AGE ENCRYPTED FILE-----/);
  // the same with a key derivation that costs less time
  const sealed = await sealSecret(readFileSync(join(directory, 'bob.key'), 'utf8'), 'a rope ladder', 10);
  writeFileSync(join(directory, 'locked.key'), sealed, { mode: 0o600 });
  t.match(await upd('sign x.upd --key locked.key'), { code: 5, err: /UPD_PASSPHRASE_FILE.*KEY_MISSING|KEY_MISSING.*UPD_PASSPHRASE_FILE/s });
  t.match(await upd('sign x.upd --key locked.key', 'a rope'), { code: 5, err: /KEY_WRONG/ });
  t.match(await upd('sign x.upd --key locked.key', 'a rope ladder'), { code: 0 });
});

void t.test('an exported package is the same release, readable by the one it is exported for and by nobody else', async (t) => {
  const { directory, upd, run } = await built(t);
  const cluster = await run('keygen cluster --encryption');
  const node = await run('keygen node --encryption');
  await run(`build spec.toml -o sealed.upd --key ann.key bob.key --recipient ${String(cluster['recipient'])}`);
  const before = await run('inspect sealed.upd');
  const exported = await run(`export sealed.upd --identity cluster.identity --recipient ${String(node['recipient'])} -o offline.upd`);
  t.equal(exported['manifestHash'], before['manifestHash']);
  t.match(await upd(`export sealed.upd --identity cluster.identity --recipient ${String(cluster['recipient'])} -o offline.upd`), {
    code: 3,
    err: /offline\.upd exists and is left as it is.*ALREADY_EXISTS/,
  });
  t.match(await upd('verify offline.upd --root root.json --identity node.identity'), { code: 0 });
  t.match(await upd('verify offline.upd --root root.json --identity cluster.identity'), { code: 5, err: /KEY_WRONG/ });
  {
    using _ = onDiskAct(({ kind, path }) => {
      if (kind === 'link') writeFileSync(path, 'theirs');
    });
    t.match(await upd(`export sealed.upd --identity cluster.identity --recipient ${String(node['recipient'])} -o late.upd`), {
      code: 3,
      err: /late\.upd exists and is left as it is/,
    });
    t.equal(readFileSync(join(directory, 'late.upd'), 'utf8'), 'theirs', 'a file that comes meanwhile');
    t.notOk(readdirSync(directory).some((name) => name.includes('.tmp-')));
  }
  t.match(await upd(`export sealed.upd --identity node.identity --recipient ${String(node['recipient'])} -o no.upd`), {
    code: 5,
    err: /KEY_WRONG/,
  });
  t.match(await upd(`export x.upd --identity node.identity --recipient ${String(node['recipient'])} -o no.upd`), {
    code: 2,
    err: /not encrypted/,
  });
});

void t.test('a file of a package is written out whole and verified, and nothing else is', async (t) => {
  const { directory, upd, run } = await built(t);
  const cluster = await run('keygen cluster --encryption');
  const stranger = await run('keygen stranger --encryption');
  t.ok(stranger);
  await run(`build spec.toml -o sealed.upd --key ann.key bob.key --recipient ${String(cluster['recipient'])}`);
  const cat = 'cat sealed.upd /opt/hello --root root.json';
  t.strictSame(await upd(`${cat} --identity cluster.identity`), { code: 0, out: 'hello', err: '' });
  t.strictSame(await upd(`${cat} --identity cluster.identity --out found`), { code: 0, out: '', err: '' });
  t.equal(readFileSync(join(directory, 'found'), 'utf8'), 'hello');
  const refused: readonly (readonly [line: string, code: number, err: RegExp])[] = [
    [`${cat} --identity cluster.identity --out found`, 3, /found exists and is left as it is/],
    [
      cat,
      5,
      /sealed\.upd is encrypted, .*\[KEY_MISSING\]\n.* --identity: a cluster's is \/etc\/uvs\/package-identity\.age on its coordinators/,
    ],
    [`${cat} --identity stranger.identity`, 5, /KEY_WRONG/],
    ['cat x.upd opt/hello --root root.json', 5, /SIGNATURE_MISSING/],
    ['cat sealed.upd /opt/none --root root.json', 3, /sealed\.upd has no \/opt\/none\. \[NOT_FOUND\]\nSee what it has: upd inspect/],
  ];
  for (const [line, code, err] of refused) t.match(await upd(line), { code, out: '', err }, line);
  const bytes = readFileSync(join(directory, 'sealed.upd'));
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(join(directory, 'sealed.upd'), bytes);
  const before = readdirSync(directory);
  t.match(await upd(`${cat} --identity cluster.identity --out broken`), { code: 4, err: /PACKAGE_CORRUPT/ });
  t.strictSame(readdirSync(directory), before, 'nothing is left of what is damaged');
});

void t.test('of a file whose signed hash is another than that of its bytes, nothing is written', async (t) => {
  const directory = t.testdir({});
  const kit = await makeKit();
  writeFileSync(join(directory, 'root.json'), kit.root.bytes);
  writeFileSync(join(directory, 'sound.upd'), await forge(kit, {}));
  writeFileSync(join(directory, 'bad.upd'), await forge(kit, file({ sha256: 'a'.repeat(64) })));
  const cat = (name: string) =>
    runUpdIn(directory, ['cat', name, String(soundFile['path']), '--root', 'root.json', '--out', `${name}.out`]);
  t.match(await cat('sound.upd'), { code: 0 });
  t.match(await cat('bad.upd'), { code: 4, err: /does not have the hash that the manifest states\. \[PACKAGE_CORRUPT\]/ });
  t.strictSame(readdirSync(directory).toSorted(byText), ['bad.upd', 'root.json', 'sound.upd', 'sound.upd.out']);
});
