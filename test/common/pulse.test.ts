import t from 'tap';
import { Pulse } from '../../common/pulse.ts';

void t.test('a loop that has not turned within the limit is stuck, until it turns or rests', (t) => {
  let nowMs = 0;
  const stuck = (): string | undefined => {
    const loops: string[] = [];
    const isTurning = pulse.isTurning((loop) => loops.push(loop));
    t.equal(isTurning, loops.length === 0);
    return loops.join() || undefined;
  };
  const pulse = new Pulse(100, () => nowMs);
  nowMs = 1_000;
  t.equal(stuck(), undefined, 'what has not begun is not watched');
  pulse.turn('session');
  pulse.turn('rollouts');
  nowMs = 1_100;
  t.equal(stuck(), undefined);
  pulse.turn('session');
  nowMs = 1_101;
  t.equal(stuck(), 'rollouts');
  pulse.rest('rollouts');
  t.equal(stuck(), undefined);
  nowMs = 1_201;
  t.equal(stuck(), 'session');
  pulse.turn('session');
  t.equal(stuck(), undefined);
  t.end();
});
