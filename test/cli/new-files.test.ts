import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { onDiskAct } from '../../common/disk-act.ts';
import { nameNewFile, writeNewFile, writeNewFiles } from '../../cli/new-files.ts';
import { errorOf } from '../support/failure.ts';
import { runUpdIn } from '../support/run-upd.ts';
import { SmallDisk } from '../support/small-disk.ts';

void t.test('a full disk leaves neither a key nor a part of one in the way of the next "upd keygen"', async (t) => {
  using disk = SmallDisk.mount(join(t.testdir(), 'disk'), 1);
  if (disk === undefined) {
    t.comment('a small file system can not be mounted here');
    return;
  }
  for (const args of [['vendor'], ['cluster', '--encryption']] as const) {
    disk.fill();
    const before = readdirSync(disk.path);
    t.match(await runUpdIn(disk.path, ['keygen', ...args]), {
      code: 7,
      err: /\.(?:key|identity) can't be written, the disk is full; nothing was made\. \[NO_SPACE\]\nFree space/,
    });
    t.strictSame(readdirSync(disk.path), before);
    disk.free();
    t.match(await runUpdIn(disk.path, ['keygen', ...args]), { code: 0, err: '' });
  }
  t.strictSame(readdirSync(disk.path).toSorted(), ['cluster.identity', 'vendor.key', 'vendor.pub']);
});

const pair = (directory: string): { readonly path: string; readonly content: string; readonly mode: number }[] =>
  ['key', 'pub'].map((name) => ({ path: join(directory, name), content: name, mode: 0o600 }));

void t.test('whatever act is refused, files of one command are all there or none, and no other file is touched', async (t) => {
  let count = 0;
  {
    using _ = onDiskAct(() => (count += 1));
    await writeNewFiles(pair(t.testdir()));
  }
  t.ok(count > 6);
  for (let failing = 0; failing < count; failing += 1) {
    const directory = t.testdir({ other: 'kept' });
    let act = -1;
    using _ = onDiskAct((refused) => {
      act += 1;
      if (act === failing) refused.failWith(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    });
    t.match(await errorOf(writeNewFiles(pair(directory))), { reason: 'NO_SPACE', hint: /df -i/ });
    t.strictSame(readdirSync(directory), ['other'], `act ${failing}`);
  }
});

void t.test('a file has its name only once it is whole', async (t) => {
  const directory = t.testdir();
  const path = join(directory, 'key');
  using _ = onDiskAct(({ kind }) => {
    if (kind !== 'sync' && readdirSync(directory).includes('key')) t.equal(readFileSync(path, 'utf8'), 'secret');
    if (kind === 'link') t.notOk(readdirSync(directory).includes('key'));
  });
  await writeNewFile(path, 'secret', 0o600);
  t.strictSame(readdirSync(directory), ['key']);
});

void t.test('a file that is there, or comes at the last moment, is left as it is', async (t) => {
  const directory = t.testdir({ pub: 'mine' });
  const refused = { reason: 'ALREADY_EXISTS', message: /pub exists and is left as it is/, hint: /move it away/ } as const;
  t.match(await errorOf(writeNewFiles(pair(directory))), refused);
  t.strictSame(readdirSync(directory), ['pub']);
  for (const withLinks of [true, false]) {
    const late = t.testdir();
    using _ = onDiskAct((act) => {
      if (act.kind !== 'link') return;
      if (act.path.endsWith('pub')) writeFileSync(act.path, 'theirs');
      if (!withLinks) act.failWith(Object.assign(new Error('EPERM'), { code: 'EPERM' }));
    });
    t.match(await errorOf(writeNewFiles(pair(late))), refused);
    t.strictSame(readdirSync(late), ['pub']);
    t.equal(readFileSync(join(late, 'pub'), 'utf8'), 'theirs');
  }
});

void t.test('whenever it is killed, what has a name is whole, and the first is there before the second', async (t) => {
  for (const withLinks of [true, false]) {
    const directory = t.testdir();
    let acts = 0;
    using _ = onDiskAct((act) => {
      acts += 1;
      const names = readdirSync(directory).filter((name) => !name.startsWith('.'));
      for (const name of names) t.equal(readFileSync(join(directory, name), 'utf8'), name, act.kind);
      t.not(names[0], 'pub', act.kind);
      if (act.kind === 'link' && !withLinks) act.failWith(Object.assign(new Error('EPERM'), { code: 'EPERM' }));
    });
    await writeNewFiles(pair(directory));
    t.ok(acts >= (withLinks ? 9 : 13), `${acts} acts`);
  }
});

void t.test('without hard links, what a killed command leaves is told with what to do about it', async (t) => {
  const directory = t.testdir({ '.key.lock': '' });
  using _ = onDiskAct((act) => {
    if (act.kind === 'link') act.failWith(Object.assign(new Error('EPERM'), { code: 'EPERM' }));
  });
  const path = join(directory, 'key');
  t.match(await errorOf(writeNewFile(path, 'secret', 0o600)), {
    reason: 'ALREADY_EXISTS',
    message: `${join(directory, '.key.lock')} is there: another command is making ${path}, or was killed at it.`,
    hint: /remove .*\.key\.lock and try again/,
  });
  t.strictSame(readdirSync(directory), ['.key.lock']);
  rmSync(join(directory, '.key.lock'));
  await writeNewFile(path, 'secret', 0o600);
  t.strictSame(readdirSync(directory), ['key']);
});

void t.test('a key whose public one is missing has it written again', async (t) => {
  const directory = t.testdir();
  for (const [name, options] of [
    ['vendor', []],
    ['sealed', ['--passphrase']],
  ] as const) {
    await runUpdIn(directory, ['keygen', name, ...options], 'a passphrase');
    const pub = join(directory, `${name}.pub`);
    const before = readFileSync(pub, 'utf8');
    rmSync(pub);
    t.match(await runUpdIn(directory, ['keygen', name]), {
      code: 3,
      err: `upd: ${name}.key exists without ${name}.pub, and is left as it is. [ALREADY_EXISTS]\nIf it is yours, have its public key written: upd pubkey ${name}.key.`,
    });
    t.match(await runUpdIn(directory, ['pubkey', `${name}.key`], 'a passphrase'), { code: 0, err: '' });
    t.equal(readFileSync(pub, 'utf8'), before);
    t.match(await runUpdIn(directory, ['pubkey', `${name}.key`], 'a passphrase'), { code: 3, err: /\.pub exists and is left as it is/ });
  }
  t.match(await runUpdIn(directory, ['pubkey', 'vendor.pub', '--out', 'other']), { code: 2, err: /INVALID_ARGUMENT/ });
});

void t.test('a file system without hard links, such as a memory stick, takes keys as well', async (t) => {
  const directory = t.testdir();
  using _ = onDiskAct((act) => {
    if (act.kind === 'link') act.failWith(Object.assign(new Error('EPERM'), { code: 'EPERM' }));
  });
  await writeNewFiles(pair(directory));
  t.strictSame(readdirSync(directory).toSorted(), ['key', 'pub']);
  t.equal(readFileSync(join(directory, 'key'), 'utf8'), 'key');
});

void t.test('a whole file of another name gets its own only where that is free', async (t) => {
  for (const withLinks of [true, false]) {
    const directory = t.testdir({ temporary: 'whole', taken: 'mine' });
    using _ = onDiskAct((act) => {
      if (act.kind === 'link' && !withLinks) act.failWith(Object.assign(new Error('EPERM'), { code: 'EPERM' }));
    });
    const [temporary, taken] = [join(directory, 'temporary'), join(directory, 'taken')];
    t.match(await errorOf(nameNewFile(temporary, taken)), { reason: 'ALREADY_EXISTS' });
    t.equal(readFileSync(taken, 'utf8'), 'mine');
    await nameNewFile(temporary, join(directory, 'free'));
    t.strictSame(readdirSync(directory).toSorted(), ['free', 'taken']);
  }
});
