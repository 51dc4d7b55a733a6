import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { BlobStore } from '../../../coordinator/blobs/store.ts';
import { heldBytes } from '../../../coordinator/blobs/upload-shares.ts';
import { errorOf } from '../../support/failure.ts';
import { realClock } from '../../support/real-clock.ts';

const MIB = 1024 ** 2;
const [ann, bob] = ['operator/ann', 'operator/bob'];

/** A store with room for so many bytes. */
async function open(t: Test, roomBytes: number, maxIncoming = 8): Promise<BlobStore> {
  const directory = await mkdtemp(join(tmpdir(), 'uvs-shares-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const { bavail, bsize } = await statfs(directory);
  const store = await BlobStore.open({ directory, clock: realClock, reserveBytes: bavail * bsize - roomBytes, maxIncoming });
  t.teardown(() => store.expire(-1));
  return store;
}

/** Brings the first bytes of a blob and leaves it at that. */
function begin(store: BlobStore, name: string, by: string | undefined, sizeBytes = 1000): Promise<boolean> {
  async function* some(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(10);
  }
  return store.receive({ digest: name.repeat(64), sizeBytes, start: 0, by }, some(), async () => undefined);
}

void t.test('nobody has more than half of the places, and is told what takes them and how they get free', async (t) => {
  const store = await open(t, 1000 * MIB, 5);
  for (const name of ['a', 'b', 'c']) t.equal(await begin(store, name, ann), false);
  t.match(await errorOf(begin(store, 'd', ann)), {
    reason: 'TOO_MANY',
    message: `${ann} has begun 3 uploads already, which is its share: aaaaaaaaaaaa (10 of 1000 bytes), bbbbbbbbbbbb (10 of 1000 bytes), cccccccccccc (10 of 1000 bytes)`,
    hint: /"uvsctl packages upload FILE" goes on where it stopped.* given up after an hour/,
  });
  t.equal(await begin(store, 'a', ann), false, 'one of them may begin anew');
  t.equal(await begin(store, 'd', bob), false);
  t.equal(await begin(store, 'e', undefined), false, 'a copy of another coordinator takes any place');
  t.match(await errorOf(begin(store, 'f', bob)), { reason: 'BUSY' }, 'there are no more');
  await store.expire(-1);
  t.equal(await begin(store, 'f', ann), false, 'what was given up counts no more');
});

void t.test('of two uploads at the same moment only one gets the last place of a share', async (t) => {
  const store = await open(t, 1000 * MIB, 2);
  const both = await Promise.allSettled([begin(store, 'a', ann), begin(store, 'b', ann)]);
  t.match(both, [{ value: false }, { reason: { reason: 'TOO_MANY' } }]);
});

void t.test('several begun uploads of one identity have half of the room together, and a single one as much as fits', async (t) => {
  const store = await open(t, 1000 * MIB);
  t.equal(await begin(store, 'a', ann, 400 * MIB), false);
  t.match(await errorOf(begin(store, 'b', ann, 200 * MIB)), {
    reason: 'TOO_MANY',
    message: /^with this one of \d+ bytes the begun uploads of operator\/ann would have \d+ bytes, its share is \d+: aaaaaaaaaaaa \(10 of /,
  });
  t.match(
    await errorOf(store.demandSpace({ digest: 'b'.repeat(64), sizeBytes: 200 * MIB, by: ann })),
    { reason: 'TOO_MANY' },
    'before a byte',
  );
  t.equal(await begin(store, 'c', ann, 50 * MIB), false);
  const alone = await open(t, 1000 * MIB);
  t.equal(await begin(alone, 'a', ann, 900 * MIB), false);
});

void t.test('a large upload that was only announced keeps nobody out of the other half of the room', async (t) => {
  const store = await open(t, 1000 * MIB);
  t.equal(await begin(store, 'a', ann, 900 * MIB), false);
  t.match(await errorOf(begin(store, 'b', bob, 600 * MIB)), { reason: 'NO_SPACE' });
  t.equal(await begin(store, 'b', bob, 400 * MIB), false);
  t.match(await errorOf(begin(store, 'c', undefined, 200 * MIB)), { reason: 'NO_SPACE' }, 'what both hold stays theirs');
});

void t.test('what has come is held for whoever brought it, and room is not promised twice', (t) => {
  const [a, b] = [
    { digest: 'a', by: ann, sizeBytes: 900, received: 600 },
    { digest: 'b', by: ann, sizeBytes: 100, received: 0 },
  ];
  const copy = { digest: 'c', by: undefined, sizeBytes: 300, received: 100 };
  const held = (by: string | undefined, digest = 'new') => heldBytes([a, b, copy], { by, digest }, 1000);
  t.equal(held(bob), 0 + 200, 'more than its half has come: it holds nothing besides');
  t.equal(held(ann), 300 + 100 + 200, 'of its own all is held');
  t.equal(held(ann, 'a'), 100 + 200, 'but the one that is asked for');
  t.equal(heldBytes([{ ...a, received: 100 }, b], { by: bob, digest: 'new' }, 1000), 400);
  t.end();
});
