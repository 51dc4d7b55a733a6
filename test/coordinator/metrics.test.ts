import t from 'tap';
import { Recent } from '../../coordinator/agents/recent.ts';
import { CoordinatorMetrics } from '../../coordinator/metrics.ts';

const clock = { monotonicMs: () => 0, wallMs: () => 0 };

void t.test('of clocks that are off the one that is off most is told, whichever way', async (t) => {
  let offsets: readonly number[] = [];
  const metrics = new CoordinatorMetrics({
    clock,
    version: '1.0.0',
    isLeader: () => true,
    isEtcdUp: () => true,
    sessions: () => 0,
    clockOffsets: () => offsets,
    census: new Recent(async () => undefined, clock, 0),
  });
  const told = async () =>
    (await metrics.registry.getSingleMetric('uvs_clock_offset_max_seconds')?.get())?.values.map(({ value }) => value);
  t.strictSame(await told(), [Number.NaN], 'no node says anything');
  offsets = [0.1, -3, 2];
  t.strictSame(await told(), [3]);
  offsets = [0];
  t.strictSame(await told(), [0]);
});
