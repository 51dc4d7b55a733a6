import t from 'tap';
import { enrolEight, operator, seenInMemory, startCoordinator, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { errorOf } from '../../support/failure.ts';
import { grantedSlot, silentFleet, soon, toNode } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

/** Where a coordinator remembers what it has seen, on a disk that may be full. */
function fullable(): ReturnType<typeof seenInMemory> & { isFull: boolean } {
  const store = seenInMemory();
  return {
    ...store,
    isFull: false,
    write(seen) {
      if (this.isFull) return Promise.reject(new Error('ENOSPC: no space left on device'));
      this.seen = seen;
      return Promise.resolve();
    },
  };
}

void t.test('a yes to begin is told as little the second time as the first while it is not on the disk', async (t) => {
  using fleet = silentFleet();
  const seen = fullable();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core, toNode('demo154'));
  const begin = () => core.slots.begin(slot.uid, slot.operation, slot.token, soon());
  seen.isFull = true;
  for (const time of ['first', 'second', 'third']) t.match(await errorOf(begin()), { message: /ENOSPC/ }, time);
  t.match(await core.slots.list(), [{ state: 'begun' }], 'the decision was made');
  t.match(await errorOf(core.slots.confirm(slot.uid, slot.operation, slot.token)), { message: /ENOSPC/ }, 'nor is it confirmed');
  seen.isFull = false;
  t.match(await begin(), { isYes: true });
  const revision = (await core.slots.list())[0]?.token.createRevision ?? 0;
  t.ok((seen.seen?.revision ?? 0) > revision, 'it is on the disk');
});

void t.test('what an operator has asked for is told as little the second time as the first while it is not on the disk', async (t) => {
  using fleet = silentFleet();
  const seen = fullable();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  seen.isFull = true;
  for (const time of ['first', 'second'])
    t.match(await errorOf(core.cluster.freeze('storm', operator, 'once')), { message: /ENOSPC/ }, time);
  seen.isFull = false;
  await core.cluster.freeze('storm', operator, 'once');
  t.match((await core.cluster.describe()).ledger.freezeReason, 'storm');
});
