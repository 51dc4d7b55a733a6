import t from 'tap';
import { DrainKeeper } from '../../../coordinator/core/drains.ts';
import { defaultTimings } from '../../../coordinator/core/timings.ts';
import type { DrainRecord } from '../../../coordinator/domain.ts';
import type { Decide } from '../../../coordinator/state/decision.ts';
import { FakeStorage } from '../../support/fake-storage.ts';
import { mirrorOf } from '../../support/mirror.ts';
import { realClock } from '../../support/real-clock.ts';
import { startEtcd } from '../../support/etcd.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());

/** A leader's ledger whose mirror lacks the end of a transaction until it tries the next one. */
class LedgerBehind {
  mirror;
  readonly entries: string[] = [];
  readonly #truth;

  constructor(seen: readonly DrainRecord[], truth: readonly DrainRecord[]) {
    this.mirror = mirrorOf({ drains: byUid(seen) });
    this.#truth = byUid(truth);
  }

  async commit<T>(decide: Decide<T>): Promise<T> {
    await decide(this.mirror);
    // its revision is not that of etcd: it is read again and decided anew
    this.mirror = mirrorOf({ drains: this.#truth });
    const decided = await decide(this.mirror);
    if ('nothing' in decided) return decided.result;
    for (const change of decided.changes) if (change.of === 'drain-gone') this.#truth.delete(change.uid);
    this.entries.push(decided.audit?.action ?? '');
    return decided.result;
  }
}

function byUid(records: readonly DrainRecord[]): Map<string, DrainRecord> {
  return new Map(records.map((record) => [record.uid, record]));
}

function drainOf(uid: string): DrainRecord {
  const storage = JSON.stringify({ uid, flag: true, balancer: true });
  return { uid, operation: `op-${uid}`, state: 'restoring', set: { storage }, notes: {} };
}

/** Takes back what is set for the first of two nodes that share the balancer. */
async function restored(seen: readonly string[], truth: readonly string[]) {
  const storage = new FakeStorage();
  storage.isBalancing = false;
  storage.flags.add('a');
  const { drain } = storage.gate('storage');
  if (drain === undefined) throw new Error('this gate sets something');
  const ledger = new LedgerBehind(seen.map(drainOf), truth.map(drainOf));
  const { signal } = new AbortController();
  const leader = { id: 'c1', random: '', grpcAddress: '', httpsAddress: '' };
  const term = { leader, guard: [], signal, isCurrent: () => true, resign: async () => undefined };
  const drainGates = [{ name: 'storage', drain }];
  const keeper = new DrainKeeper({ clock: realClock, drainGates, etcd: etcd.client(), ledger, timings: defaultTimings, term });
  await keeper.restore('a');
  return { storage, entries: ledger.entries };
}

void t.test('what was left to a node whose own is taken back already, as etcd shows later, is taken back all the same', async (t) => {
  const { storage, entries } = await restored(['a', 'b'], ['a']);
  t.strictSame(entries, ['drains.restored']);
  t.equal(storage.isBalancing, true);
  t.strictSame([...storage.flags], []);
});

void t.test('what another still needs stays set', async (t) => {
  const { storage, entries } = await restored(['a', 'b'], ['a', 'b']);
  t.strictSame(entries, ['drains.restored']);
  t.equal(storage.isBalancing, false);
  t.strictSame([...storage.flags], []);
});
