import t from 'tap';
import { facts, isOver, next, phases as allPhases, type Phase } from '../../agent/operation-machine.ts';

/** Those of a release; the others are in action-machine.test.ts. */
const phases = allPhases.filter((phase) => phase !== 'restarting' && phase !== 'rebooting' && phase !== 'migrating');

function reachable(from: Phase): ReadonlySet<Phase> {
  const seen = new Set<Phase>();
  const queue: Phase[] = [from];
  for (let phase = queue.pop(); phase !== undefined; phase = queue.pop()) {
    for (const fact of facts) {
      const following = next(phase, fact);
      if (following !== undefined && !seen.has(following)) {
        seen.add(following);
        queue.push(following);
      }
    }
  }
  return seen;
}

void t.test('a direction once taken is never reversed', async (t) => {
  t.strictSame([...reachable('back')].sort(), ['back', 'needs-operator', 'rolled-back']);
});

void t.test('every phase that is not the end leads to one, and no end leads anywhere', async (t) => {
  for (const phase of phases) {
    const ends = [...reachable(phase)].filter((reached) => isOver(reached));
    if (isOver(phase)) t.equal(reachable(phase).size, 0, phase);
    else t.ok(ends.length > 0, phase);
  }
});

void t.test('a failure goes back from every phase in which the node may have been disturbed', async (t) => {
  for (const phase of ['begun', 'pre', 'stopping', 'committing', 'starting', 'post', 'confirming'] as const)
    t.equal(next(phase, 'failed'), 'back');
});

void t.test('an interruption goes back until post, and on from there', async (t) => {
  for (const phase of ['begun', 'pre', 'stopping', 'committing', 'starting'] as const) t.equal(next(phase, 'interrupted'), 'back');
  for (const phase of ['post', 'confirming', 'back'] as const) t.equal(next(phase, 'interrupted'), phase);
});

void t.test('a withdrawal ends only what has not begun', async (t) => {
  for (const phase of phases) t.equal(next(phase, 'cancelled'), phase === 'fetching' || phase === 'staged' ? 'failed' : undefined, phase);
});

void t.test('nothing is done that did not succeed to its end', async (t) => {
  const ways = phases.flatMap((phase) => facts.filter((fact) => next(phase, fact) === 'done').map((fact) => [phase, fact]));
  t.strictSame(ways, [['confirming', 'succeeded']]);
});
