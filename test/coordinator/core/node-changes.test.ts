import t from 'tap';
import { NodeChanges } from '../../../coordinator/core/node-changes.ts';
import type { RecordChange } from '../../../coordinator/state/record-change.ts';
import { rolloutState, stepRecord } from '../../support/domain-records.ts';

function bench() {
  let nowMs = 0;
  let applied: (changes: readonly RecordChange[]) => void = () => undefined;
  let heard: (uid: string) => void = () => undefined;
  let listening = 0;
  const disposable = (): Disposable => {
    listening += 1;
    return { [Symbol.dispose]: () => void (listening -= 1) };
  };
  const term = new AbortController();
  const changes = new NodeChanges({
    clock: { monotonicMs: () => nowMs },
    ledger: { onApplied: (listener) => ((applied = listener), disposable()) },
    link: { onChange: (listener) => ((heard = listener), disposable()) },
    timings: { tickMs: 1_000 },
    term,
  });
  const take = (): readonly string[] | 'anybody' => {
    const taken = changes.take();
    return taken === undefined ? 'anybody' : [...taken].toSorted();
  };
  return {
    take,
    changes,
    term,
    applied: (...all: readonly RecordChange[]) => applied(all),
    heard: (uid: string) => heard(uid),
    listening: () => listening,
    wait: (ms: number) => void (nowMs += ms),
  };
}

void t.test('those are told of whom something was recorded or heard, once each', async (t) => {
  const { take, applied, heard, changes } = bench();
  t.equal(take(), 'anybody', 'at first nothing is known');
  t.same(take(), []);
  applied({ of: 'slot-gone', uid: 'a' }, { of: 'step', record: stepRecord('b') });
  heard('c');
  heard('c');
  changes.add('d');
  t.same(take(), ['a', 'c', 'd', 'uid-b']);
  t.same(take(), []);
});

void t.test('anybody may have changed at a tick, after a reload, and with a rollout or an epoch', async (t) => {
  const { take, applied, wait } = bench();
  take();
  wait(999);
  t.same(take(), []);
  wait(1);
  t.equal(take(), 'anybody', 'that somebody fell silent is told by nobody');
  for (const change of [
    [],
    [{ of: 'rollout-state', id: 'ro-1', record: rolloutState() }],
    [{ of: 'epoch', epoch: 'e', adopted: [] }],
  ] satisfies RecordChange[][]) {
    applied(...change);
    t.equal(take(), 'anybody');
    t.same(take(), []);
  }
});

void t.test('nothing listens any more when the term has ended', async (t) => {
  const { term, listening } = bench();
  t.equal(listening(), 2);
  term.abort();
  t.equal(listening(), 0);
});
