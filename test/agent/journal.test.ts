import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Journal } from '../../agent/journal.ts';
import type { JournalRecord } from '../../agent/journal-record.ts';
import { refusal } from '../support/upd.ts';

const opened: JournalRecord = { kind: 'opened', operation: 'op-1', packageDigest: '', needsSlot: true };
const long: JournalRecord = { kind: 'phase', operation: 'op-1', phase: 'back', reason: 'x'.repeat(3000) };
const staged: JournalRecord = { kind: 'phase', operation: 'op-1', phase: 'staged' };
const HEADER_BYTES = 16;

async function written(
  t: { teardown(act: () => void): void },
  ...records: readonly JournalRecord[]
): Promise<{ directory: string; path: string; ends: number[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-journal-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  await using journal = await Journal.open(directory);
  const ends = [HEADER_BYTES];
  for (const record of records) {
    await journal.append(record);
    ends.push((ends.at(-1) ?? 0) + HEADER_BYTES + JSON.stringify(record).length);
  }
  return { directory, path: join(directory, 'journal'), ends };
}

async function replayed(directory: string): Promise<readonly JournalRecord[]> {
  await using journal = await Journal.open(directory);
  return [...journal.records];
}

void t.test('what was appended is replayed, across compaction too', async (t) => {
  const { directory } = await written(t, opened, long, staged);
  t.strictSame(await replayed(directory), [opened, long, staged]);
  {
    await using journal = await Journal.open(directory);
    await journal.compact(() => (record) => record.kind !== 'phase');
    await journal.append(staged);
  }
  t.strictSame(await replayed(directory), [opened, staged]);
});

void t.test('a tail that a power cut tore is cut wherever it was torn, and the journal goes on', async (t) => {
  const { directory, path, ends } = await written(t, opened, long);
  const whole = readFileSync(path);
  const [, start = 0, end = 0] = ends;
  for (let sector = Math.ceil(start / 512) * 512; sector < end; sector += 512) {
    const torn = Buffer.from(whole);
    torn.fill(0, sector, Math.min(end, sector + 512));
    writeFileSync(path, torn);
    t.strictSame(await replayed(directory), [opened], `sector at ${sector} was never written`);
  }
  const headless = Buffer.from(whole);
  headless.fill(0, start, Math.ceil(start / 512) * 512);
  writeFileSync(path, headless);
  t.strictSame(await replayed(directory), [opened], 'the first sector was never written');
  await using journal = await Journal.open(directory);
  await journal.append(staged);
  t.strictSame(await replayed(directory), [opened, staged]);
});

void t.test('a damaged record in the middle is refused, whichever byte it is', async (t) => {
  const { directory, path, ends } = await written(t, opened, staged, staged);
  const whole = readFileSync(path);
  for (let at = ends[1] ?? 0; at < (ends[2] ?? 0); at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x40;
    writeFileSync(path, damaged);
    const reason = await refusal(() => replayed(directory));
    if (reason !== 'JOURNAL_CORRUPT') t.fail(`byte ${at}: ${reason}`);
  }
  t.pass();
});

void t.test('a damaged last record that no power cut can have torn is refused', async (t) => {
  const { directory, path, ends } = await written(t, opened, staged);
  const damaged = readFileSync(path);
  const last = (ends[2] ?? 0) - 3;
  damaged[last] = (damaged[last] ?? 0) ^ 1;
  writeFileSync(path, damaged);
  t.equal(await refusal(() => replayed(directory)), 'JOURNAL_CORRUPT');
});

void t.test('a record of an older journal that stands behind the end is not taken for one of this', async (t) => {
  const { directory, path } = await written(t, opened, staged);
  const before = readFileSync(path);
  {
    await using journal = await Journal.open(directory);
    await journal.compact(() => () => false);
  }
  const after = readFileSync(path);
  before.copy(after, HEADER_BYTES, HEADER_BYTES, HEADER_BYTES + 400);
  writeFileSync(path, after);
  t.strictSame(await refusal(() => replayed(directory)), 'JOURNAL_CORRUPT');
});

void t.test('what a later agent has added is passed over where that may be, and else refused', async (t) => {
  const { directory, path, ends } = await written(t, opened);
  const append = (record: object): void => {
    const bytes = readFileSync(path);
    const payload = Buffer.from(JSON.stringify(record));
    const header = Buffer.alloc(8);
    header.writeUInt32LE(payload.length, 0);
    header.writeUInt32LE(2, 4);
    const check = createHash('sha256').update(header).update(payload).digest().subarray(0, 8);
    Buffer.concat([header, check, payload]).copy(bytes, ends.at(-1));
    bytes.fill(0, (ends.at(-1) ?? 0) + HEADER_BYTES + payload.length);
    writeFileSync(path, bytes);
  };
  append({ ...staged, colour: 'blue' });
  t.strictSame(await replayed(directory), [opened, staged], 'a field');
  append({ kind: 'painted', operation: 'op-1', mayBeSkipped: true });
  t.strictSame(await replayed(directory), [opened], 'a record that says so');
  append({ kind: 'painted', operation: 'op-1' });
  t.equal(await refusal(() => replayed(directory)), 'JOURNAL_CORRUPT');
});

void t.test('a file that is no journal is refused', async (t) => {
  const { directory, path } = await written(t);
  writeFileSync(path, 'something else');
  t.equal(await refusal(() => replayed(directory)), 'JOURNAL_CORRUPT');
  appendFileSync(path, Buffer.alloc(600));
  t.equal(await refusal(() => Journal.read(directory)), 'JOURNAL_CORRUPT');
});

void t.test('records that are appended while another is written or the journal is compacted are all kept, in order', async (t) => {
  const { directory } = await written(t, opened, staged);
  const other = { ...opened, operation: 'op-2' };
  const marks = Array.from({ length: 10 }, (_none, segments): JournalRecord => ({
    kind: 'marked',
    operation: 'op-2',
    segments,
    bases: [],
  }));
  {
    await using journal = await Journal.open(directory);
    const writes = [journal.append(other), ...marks.slice(0, 5).map((mark) => journal.append(mark))];
    writes.push(journal.append({ kind: 'acknowledged', operation: 'op-1' }));
    writes.push(journal.compact((records) => (record) => records.length === 9 && record.operation === 'op-2'));
    await Promise.all([...writes, ...marks.slice(5).map((mark) => journal.append(mark))]);
    t.strictSame(journal.records, [other, ...marks]);
  }
  t.strictSame(await replayed(directory), [other, ...marks]);
});

void t.test(
  'a record that does not reach the disk breaks the journal for good, which is told',
  { skip: process.getuid?.() === 0 ? false : 'needs root to mount a small file system' },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'uvs-journal-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=320k', 'none', directory]);
    t.teardown(() => execFileSync('umount', [directory]));
    await using journal = await Journal.open(directory);
    const large: JournalRecord = { ...long, reason: 'x'.repeat(8000) };
    const fill = async (): Promise<void> => {
      for (let count = 0; count < 50; count += 1) await journal.append(large);
    };
    t.equal(await refusal(fill), 'NO_SPACE');
    t.ok(journal.broken.aborted);
    const kept = [...journal.records];
    await t.rejects(journal.append(opened), {
      reason: 'NO_SPACE',
      message: /could not be written before: the disk was full/,
      hint: /^Free space/,
    });
    t.strictSame(journal.records, kept);
  },
);
