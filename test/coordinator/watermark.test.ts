import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Watermark, type SeenStore } from '../../coordinator/core/watermark.ts';
import { seenFile } from '../../coordinator/seen-file.ts';
import type { Seen } from '../../coordinator/state/ledger.ts';
import { errorOf } from '../support/failure.ts';

const first = '00000000-0000-4000-8000-000000000001';
const second = '00000000-0000-4000-8000-000000000002';
const third = '00000000-0000-4000-8000-000000000003';

/** A disk whose writes end when the test lets them. */
class SlowDisk implements SeenStore {
  readonly written: Seen[] = [];
  stored: Seen | undefined;
  #release: (() => void)[] = [];
  isSlow = false;

  constructor(stored?: Seen) {
    this.stored = stored;
  }

  read(): Promise<Seen | undefined> {
    return Promise.resolve(this.stored);
  }

  async write(seen: Seen): Promise<void> {
    this.written.push(seen);
    if (this.isSlow) await new Promise<void>((resolve) => this.#release.push(resolve));
    this.stored = seen;
  }

  /** Lets the write under way end. */
  release(): void {
    this.#release.shift()?.();
  }
}

function judge(mark: Watermark, epoch: string, revision: number, adopted: readonly string[] = []): string | undefined {
  return mark.judge({ epoch, revision, adopted }, mark.seen);
}

void t.test('what is seen first is taken as it is; from then on revisions only rise', async (t) => {
  const mark = await Watermark.open(new SlowDisk());
  t.equal(judge(mark, first, 100), undefined);
  t.equal(judge(mark, first, 120), undefined);
  t.match(judge(mark, first, 119), /at revision 119, and this coordinator has seen 120/);
  t.match(judge(mark, first, 500), /at revision 119/, 'it does not come right by going on');
  t.strictSame(mark.seen, { epoch: first, revision: 120 });
});

void t.test('another epoch is another etcd, unless it has taken the place of the one that is remembered', async (t) => {
  const mark = await Watermark.open(new SlowDisk({ epoch: first, revision: 120 }));
  t.match(judge(mark, second, 900), new RegExp(`epoch ${second}, and this coordinator remembers ${first}`));
  t.equal(judge(mark, third, 50, [first, second]), undefined, 'adopted');
  t.strictSame(mark.seen, { epoch: third, revision: 50 });
  t.match(judge(mark, first, 900), /remembers/, 'put back to before it was adopted');
});

void t.test('a transaction in the past shows at once; one that only was overtaken does not', async (t) => {
  const mark = await Watermark.open(new SlowDisk({ epoch: first, revision: 120 }));
  const before = mark.seen;
  t.equal(mark.made(130, before), undefined);
  t.equal(mark.made(125, before), undefined, 'it was sent before the other was heard of');
  t.equal(mark.judge({ epoch: first, revision: 126, adopted: [] }, before), undefined, 'so was this question');
  t.strictSame(mark.seen, { epoch: first, revision: 130 });
  t.match(mark.made(130, mark.seen), /made revision 130, and this coordinator has seen 130/);
  t.ok(mark.trouble);
});

void t.test('a promise is told only when it is on the disk; whoever comes meanwhile shares the next write', async (t) => {
  const disk = new SlowDisk({ epoch: first, revision: 1 });
  const mark = await Watermark.open(disk);
  disk.isSlow = true;
  const told: number[] = [];
  const promise = async (revision: number): Promise<void> => {
    mark.made(revision, mark.seen);
    await mark.remember(revision);
    t.ok((disk.stored?.revision ?? 0) >= revision, `${revision} is on the disk`);
    told.push(revision);
  };
  const all = [2, 3, 4, 5].map((revision) => promise(revision));
  await new Promise((resolve) => setImmediate(resolve));
  t.strictSame([told, disk.written.length], [[], 1], 'nothing is told before');
  disk.isSlow = false;
  disk.release();
  await Promise.all(all);
  t.strictSame(
    told.toSorted((a, b) => a - b),
    [2, 3, 4, 5],
  );
  t.ok(disk.written.length <= 2, `${disk.written.length} writes for four promises`);
  await mark.remember(3);
  t.ok(disk.written.length <= 2, 'what is there is not written again');
});

void t.test('a promise of an etcd whose place another has taken meanwhile is waited for no longer', async (t) => {
  const disk = new SlowDisk({ epoch: first, revision: 120 });
  const mark = await Watermark.open(disk);
  t.equal(mark.made(130, mark.seen), undefined);
  t.equal(judge(mark, second, 50, [first]), undefined);
  await mark.remember(130);
  t.strictSame(disk.written, []);
});

void t.test('nothing of an etcd that is not the remembered one is written', async (t) => {
  const disk = new SlowDisk({ epoch: first, revision: 120 });
  const mark = await Watermark.open(disk);
  judge(mark, first, 7);
  t.equal(mark.made(8, mark.seen), undefined);
  await mark.remember(8);
  t.strictSame([disk.stored, disk.written], [{ epoch: first, revision: 120 }, []]);
});

void t.test('the file survives a restart, and a damaged one is refused', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-seen-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const path = join(folder, 'data', 'etcd-seen.json');
  t.equal(await seenFile(path).read(), undefined);
  await seenFile(path).write({ epoch: first, revision: 12 });
  t.strictSame(await seenFile(path).read(), { epoch: first, revision: 12 });
  await writeFile(path, (await readFile(path, 'utf8')).slice(0, -5));
  t.match(await errorOf(seenFile(path).read()), { reason: 'CONFIG_INVALID', message: /is damaged/ });
});
