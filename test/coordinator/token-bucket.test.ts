import t from 'tap';
import { NodeRate } from '../../coordinator/agents/node-rate.ts';
import { TokenBucket } from '../../coordinator/token-bucket.ts';
import { errorOf } from '../support/failure.ts';
import { HandClock } from '../support/hub.ts';

void t.test('so much is there at once, and more as time passes, up to as much', (t) => {
  const clock = new HandClock();
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, clock);
  t.same([bucket.take(), bucket.take(2), bucket.take()], [true, true, false]);
  t.equal(bucket.waitMs(), 500);
  clock.nowMs += 250;
  t.equal(bucket.waitMs(), 250);
  t.equal(bucket.take(), false, 'a refusal takes nothing');
  clock.nowMs += 250;
  t.same([bucket.take(), bucket.take()], [true, false]);
  clock.nowMs += 3_600_000;
  t.same([bucket.take(3), bucket.take()], [true, false]);
  t.end();
});

void t.test('what is taken before it is there is owed, up to a bound', (t) => {
  const clock = new HandClock();
  const bucket = new TokenBucket({ burst: 1, perSecond: 2 }, clock);
  t.same(
    [1, 2, 3, 4, 5].map(() => bucket.owe(1_500)),
    [0, 500, 1_000, 1_500, 1_500],
  );
  clock.nowMs += 1_000;
  t.same([bucket.waitMs(), bucket.take(), bucket.owe(1_500)], [1_000, false, 1_000]);
  t.end();
});

void t.test('each node has a rate of its own', async (t) => {
  const clock = new HandClock();
  const rate = new NodeRate('hellos', { burst: 2, perSecond: 0.1 }, clock);
  const demand = async (uid: string): Promise<void> => rate.demand(uid);
  await demand('n1');
  await demand('n1');
  t.match(await errorOf(demand('n1')), { reason: 'TOO_MANY', message: /node n1 brings hellos faster/, hint: /in 10 s/ });
  await demand('n2');
  clock.nowMs += 10_000;
  await demand('n1');
});
