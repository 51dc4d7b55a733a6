import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sweepOutputs } from '../../agent/output-store.ts';

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
