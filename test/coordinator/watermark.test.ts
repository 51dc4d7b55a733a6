import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Watermark, type SeenStore } from '../../coordinator/core/watermark.ts';
import { seenFile } from '../../coordinator/seen-file.ts';
import type { EtcdState } from '../../coordinator/state/etcd-state.ts';
import { keys } from '../../coordinator/state/keys.ts';
import { landmarkOf, type Landmark } from '../../coordinator/state/landmark.ts';
import type { Seen } from '../../coordinator/state/seen.ts';
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
  return mark.judge(stateAt(epoch, revision, { adopted }), mark.seen);
}

function stateAt(epoch: string, revision: number, also: Partial<EtcdState> = {}): EtcdState {
  return { epoch, revision, adopted: [], landmark: undefined, hasForgotten: false, ...also };
}

function seenAt(epoch: string, revision: number): Seen {
  return { epoch, revision, landmark: undefined };
}

function landmarkAt(revision: number): Landmark {
  return landmarkOf({ key: keys.audit(revision), value: `decided at ${revision}` }, revision);
}

void t.test('what is seen first is taken as it is; from then on revisions only rise', async (t) => {
  const mark = await Watermark.open(new SlowDisk());
  t.equal(judge(mark, first, 100), undefined);
  t.equal(judge(mark, first, 120), undefined);
  t.match(judge(mark, first, 119), /at revision 119, and this coordinator has seen 120/);
  t.match(judge(mark, first, 500), /at revision 119/, 'it does not come right by going on');
  t.strictSame(mark.seen, seenAt(first, 120));
});

void t.test('another epoch is another etcd, unless it has taken the place of the one that is remembered', async (t) => {
  const mark = await Watermark.open(new SlowDisk(seenAt(first, 120)));
  t.match(judge(mark, second, 900), new RegExp(`epoch ${second}, and this coordinator remembers ${first}`));
  t.equal(judge(mark, third, 50, [first, second]), undefined, 'adopted');
  t.strictSame(mark.seen, seenAt(third, 50));
  t.match(judge(mark, first, 900), /remembers/, 'put back to before it was adopted');
});

void t.test('a transaction in the past shows at once; one that only was overtaken does not', async (t) => {
  const mark = await Watermark.open(new SlowDisk(seenAt(first, 120)));
  const before = mark.seen;
  t.equal(mark.made(130, undefined, before), undefined);
  t.equal(mark.made(125, undefined, before), undefined, 'it was sent before the other was heard of');
  t.equal(mark.judge(stateAt(first, 126), before), undefined, 'so was this question');
  t.strictSame(mark.seen, seenAt(first, 130));
  t.match(mark.made(130, undefined, mark.seen), /made revision 130, and this coordinator has seen 130/);
  t.ok(mark.trouble);
});

void t.test('a promise is told only when it is on the disk; whoever comes meanwhile shares the next write', async (t) => {
  const disk = new SlowDisk(seenAt(first, 1));
  const mark = await Watermark.open(disk);
  disk.isSlow = true;
  const told: number[] = [];
  const promise = async (revision: number): Promise<void> => {
    mark.made(revision, undefined, mark.seen);
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

void t.test('an etcd that lacks the newest decision that was seen was put back, however high its revision is', async (t) => {
  const disk = new SlowDisk(seenAt(first, 120));
  const mark = await Watermark.open(disk);
  t.equal(mark.judge(stateAt(first, 130, { landmark: landmarkAt(125) }), mark.seen), undefined);
  t.strictSame(mark.landmark, landmarkAt(125), 'seen by looking');
  t.equal(mark.made(140, landmarkAt(140), mark.seen), undefined);
  t.equal(mark.made(145, undefined, mark.seen), undefined);
  t.strictSame(mark.seen, { epoch: first, revision: 145, landmark: landmarkAt(140) }, 'seen by deciding');
  const state = stateAt(first, 9_000, { landmark: landmarkAt(8_000), hasForgotten: true });
  t.match(mark.judge(state, mark.seen), /lost what was decided at revision 140, and this coordinator has seen it: it was put back/);
  t.match(mark.judge({ ...state, hasForgotten: false }, mark.seen), /revision 140/, 'it does not come right by going on');
  t.equal(mark.landmark ?? 'none', 'none', 'it is not looked for any more');
  t.equal(mark.judge({ ...state, epoch: second, adopted: [first] }, mark.seen), undefined, 'adopted');
  t.strictSame(mark.seen, { epoch: second, revision: 9_000, landmark: landmarkAt(8_000) });
});

void t.test('a promise is not told before its own entry is on the disk, also where a look has seen a higher revision', async (t) => {
  const disk = new SlowDisk(seenAt(first, 100));
  const mark = await Watermark.open(disk);
  const before = mark.seen;
  // its look began before the transaction and ended before the transaction's answer came
  t.equal(mark.judge(stateAt(first, 210, { landmark: landmarkAt(180) }), before), undefined);
  await mark.remember(210);
  t.equal(mark.made(200, landmarkAt(200), before), undefined);
  await mark.remember(200);
  t.strictSame(disk.stored, { epoch: first, revision: 210, landmark: landmarkAt(200) });
  t.equal(disk.written.length, 2);
  await mark.remember(210);
  t.equal(disk.written.length, 2, 'nothing is written that is there');
});

void t.test('a promise of an etcd whose place another has taken meanwhile, or of what was not looked at, is not told', async (t) => {
  const disk = new SlowDisk(seenAt(first, 120));
  const mark = await Watermark.open(disk);
  t.equal(mark.made(130, undefined, mark.seen), undefined);
  t.equal(judge(mark, second, 50, [first]), undefined);
  t.match(await errorOf(mark.remember(130)), { reason: 'ETCD_UNAVAILABLE', details: { outcome: 'unknown' } });
  t.strictSame(disk.written, []);
});

void t.test('nothing of an etcd that is not the remembered one is written', async (t) => {
  const disk = new SlowDisk(seenAt(first, 120));
  const mark = await Watermark.open(disk);
  judge(mark, first, 7);
  t.equal(mark.made(8, undefined, mark.seen), undefined);
  await mark.remember(8);
  t.strictSame([disk.stored, disk.written], [seenAt(first, 120), []]);
});

void t.test('the file survives a restart, and a damaged one is refused', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-seen-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const path = join(folder, 'data', 'etcd-seen.json');
  t.equal(await seenFile(path).read(), undefined);
  await seenFile(path).write(seenAt(first, 12));
  t.strictSame(await seenFile(path).read(), seenAt(first, 12));
  const seen = { ...seenAt(first, 20), landmark: landmarkAt(15) };
  await seenFile(path).write(seen);
  t.strictSame(await seenFile(path).read(), seen);
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('/audit/', '/slots/'));
  t.match(await errorOf(seenFile(path).read()), { reason: 'CONFIG_INVALID' }, 'no entry of the audit log');
  await writeFile(path, `{"epoch":"${first}","revision":12}\n`);
  t.strictSame(await seenFile(path).read(), seenAt(first, 12), 'as it was written when there were no landmarks');
  await writeFile(path, text.slice(0, -5));
  t.match(await errorOf(seenFile(path).read()), { reason: 'CONFIG_INVALID', message: /is damaged/ });
});

void t.test('a disk that is too slow keeps nothing until it has kept something in time', async (t) => {
  const disk = new SlowDisk();
  const told: boolean[] = [];
  const mark = await Watermark.open(disk, (keeps) => told.push(keeps), 20);
  judge(mark, first, 100);
  disk.isSlow = true;
  t.match(await errorOf(mark.remember(100)), { reason: 'DISK_FAILED', message: /it has not been done for 0.02 s/ });
  disk.release();
  await mark.remember(100);
  t.strictSame([mark.keeps, told], [false, [false]], 'what is there came late');
  t.match(await errorOf(mark.probe()), { reason: 'DISK_FAILED' });
  disk.isSlow = false;
  disk.release();
  await mark.probe();
  await mark.probe();
  await mark.probe();
  t.strictSame([mark.keeps, told], [true, [false, true]]);
});
