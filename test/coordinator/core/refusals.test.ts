import t from 'tap';
import { Refusals } from '../../../coordinator/core/refusals.ts';

void t.test('what was refused may be asked again once something has changed, and is shown until there is another answer', (t) => {
  let nowMs = 1_000;
  const refusals = new Refusals({ monotonicMs: () => nowMs });
  refusals.refuse('op-1', 'budget cluster 1 of 1 used');
  refusals.refuse('op-2', 'the cluster is frozen');
  t.strictSame(refusals.of('op-1'), { message: 'budget cluster 1 of 1 used', atMs: 1_000 });
  nowMs += 10;
  refusals.outdate();
  t.strictSame(refusals.of('op-1'), { message: 'budget cluster 1 of 1 used', atMs: Number.NEGATIVE_INFINITY });
  refusals.refuse('op-1', 'only 1 of 2 monitors would be up');
  t.strictSame(refusals.of('op-1'), { message: 'only 1 of 2 monitors would be up', atMs: 1_010 });
  refusals.allow('op-1');
  t.equal(refusals.of('op-1'), undefined);
  t.match(refusals.of('op-2'), { message: 'the cluster is frozen' });
  t.end();
});

void t.test('what nobody has asked about for long is kept no longer', (t) => {
  let nowMs = 0;
  const refusals = new Refusals({ monotonicMs: () => nowMs });
  for (let index = 0; index < 100; index += 1) refusals.refuse(`op-${index}`, 'frozen');
  nowMs = 3_600_000;
  refusals.refuse('op-100', 'frozen');
  refusals.outdate();
  t.equal(refusals.of('op-99'), undefined);
  t.match(refusals.of('op-100'), { message: 'frozen' });
  t.end();
});
