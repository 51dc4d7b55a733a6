import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { OutputFile, readTail, sweepOutputs } from '../../agent/output-store.ts';
import { onDiskAct } from '../../common/disk-act.ts';

void t.test('the history says which outputs are the oldest, whatever the clock said when their operations were made', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-outputs-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  // made in this order while the clock ran backwards, so that names sort the other way round
  const ended = Array.from({ length: 52 }, (_, index) => `op-${String(99 - index)}`);
  const names = [...ended, 'op-00', 'op-unknown'];
  for (const name of names) writeFileSync(join(directory, `${name}.log`), '');
  await sweepOutputs(directory, { open: new Set(['op-00']), ended });
  const kept = readdirSync(directory).map((name) => name.replace('.log', ''));
  t.equal(kept.length, 50);
  t.strictSame(
    names.filter((name) => !kept.includes(name)),
    ['op-99', 'op-98', 'op-97', 'op-unknown'],
  );
});

void t.test('what is no output, or can not be removed, keeps no agent from starting', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-outputs-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  for (let index = 0; index < 51; index += 1) writeFileSync(join(directory, `op-${index}.log`), '');
  for (const name of ['archive', 'a.log']) mkdirSync(join(directory, name));
  writeFileSync(join(directory, 'README'), '');
  await sweepOutputs(directory, { open: new Set(), ended: [] });
  const kept = readdirSync(directory);
  t.ok(['archive', 'a.log', 'README'].every((name) => kept.includes(name)));
  t.equal(kept.filter((name) => name.startsWith('op-')).length, 50, 'one that can be removed was');
});

void t.test('lines that the disk has no room for are told with the tail, and written once there is room', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-outputs-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const output = await OutputFile.open(directory, 'op-1');
  output.write('committing', 'there was room');
  const first = 'committing| there was room\n';
  t.equal(await output.tail(), first);
  const all = `${first}committing| there was none\ncommitting| Free space\n`;
  {
    using _ = onDiskAct((act) => act.failWith(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })));
    output.write('committing', 'there was none');
    output.write('committing', 'Free space');
    t.equal(await output.tail(), all);
    t.equal(await readTail(directory, 'op-1'), first, 'nothing of it is on the disk');
  }
  t.equal(await output.tail(), all);
  t.equal(await readTail(directory, 'op-1'), all, 'all of it is there, once');
  output.write('done', 'and on');
  await output[Symbol.asyncDispose]();
  t.equal(await readTail(directory, 'op-1'), `${all}done| and on\n`);
});

void t.test('a flood that the disk has no room for is kept as far as a tail reaches', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-outputs-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  await using output = await OutputFile.open(directory, 'op-1');
  using _ = onDiskAct((act) => act.failWith(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })));
  for (let line = 1; line <= 4096; line += 1) output.write('pre', `line ${line}`);
  const tail = await output.tail();
  t.ok(tail.length <= 16 * 1024 && tail.length > 16 * 1000);
  t.ok(/^pre\| line \d+\n/u.test(tail), 'it begins with a whole line');
  t.ok(tail.endsWith('pre| line 4096\n'));
});
