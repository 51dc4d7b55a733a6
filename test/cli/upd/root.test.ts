import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runUpdIn } from '../../support/run-upd.ts';

/** A vault with a first root file: root 2 of 3 (ann, bob, cem), vendor 1 of 1 (vic), site 1 of 1 (sue). */
async function vault(t: Test) {
  const directory = t.testdir({});
  const upd = async (line: string) => await runUpdIn(directory, line.split(' '));
  const run = async (line: string): Promise<Record<string, unknown>> => {
    const { code, out, err } = await upd(`${line} --json`);
    t.equal(code, 0, `${line}: ${err}`);
    return JSON.parse(out === '' ? '{}' : out);
  };
  const ids: Record<string, string> = {};
  for (const name of ['ann', 'bob', 'cem', 'dan', 'vic', 'val', 'sue']) ids[name] = String((await run(`keygen ${name}`))['keyId']);
  await run(
    'root init -o root.json --key vic.pub --product uvs --root-key ann.pub bob.pub cem.pub --root-threshold 2 --site-key sue.pub --site-product local',
  );
  return { directory, upd, run, ids, copy: (from: string, to: string) => copyFileSync(join(directory, from), join(directory, to)) };
}

void t.test('a new root file is drafted, signed by people who never meet, merged and followed', async (t) => {
  const { run, upd, ids, copy } = await vault(t);
  const draft = await run(
    'root next root.json -o two.json --add-key vendor=val.pub --threshold vendor=2 --remove-key root=cem.pub --add-key root=dan.pub',
  );
  t.match(draft, {
    version: 2,
    vendor: { threshold: 2, keyIds: [ids['vic'], ids['val']] },
    root: { keyIds: [ids['ann'], ids['bob'], ids['dan']] },
  });
  copy('two.json', 'bob-two.json');
  copy('two.json', 'dan-two.json');
  t.match(await run('root sign two.json --root root.json --key ann.key'), { isComplete: false });
  t.match(await run('root sign bob-two.json --root root.json --key bob.key'), { isComplete: false });
  t.match(await run('root sign dan-two.json --root root.json --key dan.key'), { isComplete: false });
  t.match(await upd('root verify two.json --root root.json'), { code: 5, err: /signed by 1 of the 2 root keys/ });
  t.match(await run('root merge two.json dan-two.json'), { isComplete: false }, 'dan is a key of the new version only');
  t.match(await run('root merge two.json bob-two.json'), { isComplete: true });
  t.match(await run('root verify two.json --root root.json'), { verified: true, version: 2 });
  const { versions } = await run('root show two.json --extract new-cluster.json');
  t.match(versions, [{ version: 1 }, { version: 2 }]);
  t.match(await upd('root verify two.json --root new-cluster.json'), { code: 0 });

  const three = await run(`root next two.json -o three.json --revoke ${ids['val']?.slice(0, 12)} --threshold vendor=1`);
  t.match(three, { version: 3, vendor: { keyIds: [ids['vic']], threshold: 1 } });
  await run('root sign three.json --root root.json --key ann.key dan.key');
  t.match(await run('root verify three.json --root root.json'), { version: 3, from: 1 });

  const people = await upd('root show three.json');
  t.match(people.out, new RegExp(`- vendor key ${ids['val']}`));
  t.match(people.out, /root keys of version 2: 2 of 2 signed\n/);
});

void t.test('a version that can spare no root key any more is warned of, once', async (t) => {
  const { upd, run } = await vault(t);
  const warned = /^upd: version 2 can spare no root key: all of its 2 root keys have to sign what follows: .* --add-key root=FILE\.pub\n$/;
  t.match(await upd('root next root.json -o two.json --revoke bob.pub'), { code: 0, out: /Root file +two\.json/, err: warned });
  t.match(await upd('root next root.json -o x.json --threshold root=3 --json'), { code: 0, err: /all of its 3 root keys/ });
  t.match(await upd('root next root.json -o y.json --revoke bob.pub --add-key root=dan.pub'), { code: 0, err: '' });
  t.match(await upd('root next root.json -o z.json --revoke bob.pub --threshold root=1'), { code: 0, err: '' });
  await run('root sign two.json --root root.json --key ann.key cem.key');
  t.match(await upd('root next two.json -o three.json --add-key vendor=val.pub'), { code: 0, err: '' }, 'it was so before');
});

void t.test('the id by which a key is named is told of its file', async (t) => {
  const { run, upd, ids } = await vault(t);
  t.match(await run('keyid vic.pub ann.pub'), {
    keys: [
      { file: 'vic.pub', keyId: ids['vic'] },
      { file: 'ann.pub', keyId: ids['ann'] },
    ],
  });
  t.match(await upd('keyid vic.pub'), { code: 0, out: `${ids['vic']}  vic.pub\n` });
  t.match(await upd('keyid vic.key'), { code: 2, err: /private key where a public one is expected/ });
});

void t.test('nobody signs a draft that builds on a root file which they do not trust', async (t) => {
  const { directory, run, upd } = await vault(t);
  await run('root init -o forged.json --key vic.pub --product uvs --root-key ann.pub bob.pub dan.pub --root-threshold 1');
  await run('root next forged.json -o two.json');
  await run('root next root.json -o real-two.json --add-key root=dan.pub');
  const real = JSON.parse(await run('root show root.json').then((shown) => JSON.stringify(shown)));
  for (const [line, code, message] of [
    ['root sign two.json --root root.json --key ann.key', 5, /ROOT_INVALID/],
    [`root sign two.json --sha256 ${real.versions[0].sha256} --key ann.key`, 5, /holds no root file whose sha256 is.*ROOT_INVALID/],
    ['root sign real-two.json --root real-two.json --key ann.key', 5, /ROOT_INVALID/],
    ['root sign two.json --key ann.key', 2, /named by either --root or --sha256/],
  ] as const) {
    const before = readFileSync(join(directory, line.split(' ')[2] ?? ''), 'utf8');
    const { code: got, err } = await upd(line);
    t.equal(got, code, `${line}: ${err}`);
    t.match(err.replaceAll('\n', ' '), message);
    t.equal(readFileSync(join(directory, line.split(' ')[2] ?? ''), 'utf8'), before, 'nothing is signed');
  }
  t.match(await run(`root sign real-two.json --sha256 ${real.versions[0].sha256} --key ann.key`), { isComplete: false });
});

void t.test('merging takes nothing but signatures of root keys', async (t) => {
  const { directory, run, copy } = await vault(t);
  await run('root next root.json -o two.json --add-key vendor=val.pub');
  copy('two.json', 'copy.json');
  await run('root sign copy.json --root root.json --key ann.key');
  const [first, second] = JSON.parse(readFileSync(join(directory, 'copy.json'), 'utf8'));
  const junk = Array.from({ length: 63 }, (_, index) => ({ ...second.signatures[0], keyId: String(index).padStart(64, '0') }));
  writeFileSync(join(directory, 'copy.json'), JSON.stringify([first, { ...second, signatures: [...second.signatures, ...junk] }]));
  await run('root sign two.json --root root.json --key bob.key');
  t.match(await run('root merge two.json copy.json'), { isComplete: true });
  t.equal(JSON.parse(readFileSync(join(directory, 'two.json'), 'utf8'))[1].signatures.length, 2);
  await run('root verify two.json --root root.json');
});

void t.test('what would never count is refused, with what to do, and the chain stays as it was', async (t) => {
  const { directory, run, upd, ids, copy } = await vault(t);
  await run('root next root.json -o two.json --add-key vendor=val.pub');
  await run('root next root.json -o other.json --remove-site');
  copy('two.json', 'forged.json');
  await run('root sign two.json --root root.json --key ann.key');
  const before = readFileSync(join(directory, 'two.json'), 'utf8');
  // a signature of the right key over something else
  const [first, second] = JSON.parse(before);
  const forged = { ...second, signatures: [{ keyId: ids['bob'], signature: second.signatures[0].signature }] };
  writeFileSync(join(directory, 'forged.json'), JSON.stringify([first, forged]));
  writeFileSync(join(directory, 'skipped.json'), JSON.stringify([first, second, second]));
  const cases: readonly (readonly [line: string, code: number, message: RegExp])[] = [
    ['root sign two.json --root root.json --key ann.key', 3, /ann\.key .* has signed version 2 already.*ALREADY_EXISTS/],
    ['root sign two.json --root root.json --key bob.key bob.key', 2, /the same key as bob\.key.*can't count twice/],
    ['root sign two.json --root root.json --key vic.key', 5, /a vendor key, and no root key.*KEY_UNKNOWN/],
    ['root sign two.json --root root.json --key dan.key', 5, /is no key of version 2 or the one before.*KEY_UNKNOWN/],
    ['root sign root.json --root root.json --key ann.key', 2, /first root file.*trusted by its sha256/],
    ['root sign two.json --root root.json --key ann.pub', 2, /ann\.pub is not a private key/],
    ['root merge two.json other.json', 3, /another root file than two\.json.*CONFLICT/],
    ['root merge two.json forged.json', 5, /SIGNATURE_INVALID/],
    ['root show skipped.json', 5, /goes from version 2 to 2.*ROOT_INVALID/],
    ['root next two.json -o x.json --add-key vendor=dan.pub', 5, /signed by 1 of the 2 root keys/],
    ['root next root.json -o x.json --add-key vendor=vic.pub', 2, /has the key .* already/],
    ['root next root.json -o x.json --remove-key vendor=vic.pub', 2, /would have 0 keys and a threshold of 1/],
    ['root next root.json -o x.json --threshold root=4', 2, /would have 3 keys and a threshold of 4/],
    ['root next root.json -o x.json --revoke dan.pub', 2, /has no key .* in any role/],
    ['root next root.json -o x.json --revoke 0000000000', 2, /No key of version 1 begins with/],
    ['root next root.json -o x.json --add-key boss=dan.pub', 2, /ROLE=VALUE/],
    ['root next root.json -o x.json --remove-product vendor=uvs', 2, /would have no product/],
    ['root next root.json -o two.json --add-key vendor=val.pub', 3, /two\.json exists/],
    ['root verify two.json', 2, /either --root or --sha256/],
    [`root verify two.json --sha256 ${'0'.repeat(64)}`, 5, /holds no root file whose sha256/],
  ];
  for (const [line, code, message] of cases) {
    const ended = await upd(line);
    t.equal(ended.code, code, `upd ${line}`);
    t.match(ended.err, message);
  }
  t.equal(readFileSync(join(directory, 'two.json'), 'utf8'), before);
});

void t.test('a chain does not lead back: an older one does not count for whoever knows a newer root file', async (t) => {
  const { run, upd } = await vault(t);
  await run('root next root.json -o two.json --add-key vendor=val.pub');
  await run('root sign two.json --root root.json --key ann.key bob.key');
  await run('root next two.json -o three.json --revoke val.pub');
  await run('root sign three.json --root root.json --key ann.key bob.key');
  await run('root show three.json --extract newest.json');
  t.match(await upd('root verify two.json --root newest.json'), { code: 5, err: /older than the trusted version 3/ });
});

void t.test('of the root file alone the newest version counts, wherever a chain is named for one', async (t) => {
  const { directory, run, upd } = await vault(t);
  writeFileSync(join(directory, 'spec.toml'), 'product = "uvs"\nversion = "1"\nreleaseSeq = 1\nremove = ["/opt/old"]\n');
  await run('root next root.json -o two.json --add-key vendor=val.pub --revoke vic.pub');
  await run('root sign two.json --root root.json --key ann.key bob.key');
  await run('build spec.toml -o old.upd --key vic.key');
  t.match(await upd('verify old.upd --root root.json'), { code: 0 });
  t.match(await upd('verify old.upd --root two.json'), { code: 5, err: /KEY_UNKNOWN/ });
  t.match(await upd('build spec.toml -o x.upd --key vic.key --root-chain two.json'), { code: 5, err: /no key of root file version 2/ });
  t.match(await upd('build spec.toml -o x.upd --key ann.key --root-chain two.json'), {
    code: 5,
    err: /a root key .* signs root files, not packages/,
  });
  await run('build spec.toml -o new.upd --key val.key --root-chain two.json');
  t.match(await run('verify new.upd --root root.json'), { rootVersion: 2 });
  await run('root next two.json -o three.json --add-key vendor=dan.pub');
  t.match(
    await upd('build spec.toml -o x.upd --key val.key --root-chain three.json'),
    { code: 5, err: /ROOT_INVALID/ },
    'a draft is not carried',
  );
});
