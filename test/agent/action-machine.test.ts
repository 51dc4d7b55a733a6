import t from 'tap';
import { nextOfAction } from '../../agent/action-machine.ts';
import { facts, isBeforeSlot, isOver, phases, type Phase } from '../../agent/operation-machine.ts';

const kinds = ['restart', 'reboot', 'migration'] as const;
const last = { restart: 'confirming', reboot: 'rebooting', migration: 'migrating' } as const;
type Kind = (typeof kinds)[number];

function reachable(kind: Kind, from: Phase): ReadonlySet<Phase> {
  const seen = new Set<Phase>();
  const queue: Phase[] = [from];
  for (let phase = queue.pop(); phase !== undefined; phase = queue.pop()) {
    for (const fact of facts) {
      const following = nextOfAction(kind, phase, fact);
      if (following !== undefined && !seen.has(following)) {
        seen.add(following);
        queue.push(following);
      }
    }
  }
  return seen;
}

void t.test('a restart, a reboot and a migration have phases of their own, and come to an end from each', async (t) => {
  t.strictSame([...reachable('restart', 'fetching')].sort(), [
    'begun',
    'confirming',
    'done',
    'failed',
    'fetching',
    'needs-operator',
    'restarting',
    'staged',
  ]);
  t.strictSame([...reachable('reboot', 'fetching')].sort(), [
    'begun',
    'done',
    'failed',
    'fetching',
    'needs-operator',
    'rebooting',
    'staged',
  ]);
  t.strictSame([...reachable('migration', 'fetching')].sort(), [
    'begun',
    'done',
    'failed',
    'fetching',
    'migrating',
    'needs-operator',
    'staged',
  ]);
  for (const kind of kinds) {
    for (const phase of ['fetching' as const, ...reachable(kind, 'fetching')]) {
      const leads = reachable(kind, phase);
      if (isOver(phase)) t.equal(leads.size, 0, `${kind} ${phase}`);
      else t.ok([...leads].some(isOver), `${kind} ${phase}`);
    }
  }
});

void t.test('none has a way back of its own, and what is interrupted goes on where it was', async (t) => {
  for (const kind of kinds) {
    for (const phase of phases) {
      for (const fact of facts) t.not(nextOfAction(kind, phase, fact), 'back');
    }
  }
  for (const phase of ['restarting', 'confirming'] as const) t.equal(nextOfAction('restart', phase, 'interrupted'), phase);
  t.equal(nextOfAction('reboot', 'rebooting', 'interrupted'), 'rebooting');
  t.equal(nextOfAction('migration', 'migrating', 'interrupted'), 'migrating');
  t.equal(nextOfAction('reboot', 'begun', 'interrupted'), 'failed', 'nothing was disturbed yet');
});

void t.test('nothing is done that did not succeed to its end, and a failure in the middle needs an operator', async (t) => {
  for (const kind of kinds) {
    const ways = phases.flatMap((phase) => facts.filter((fact) => nextOfAction(kind, phase, fact) === 'done').map((fact) => [phase, fact]));
    t.strictSame(ways, [[last[kind], 'succeeded']], kind);
    for (const phase of phases) {
      if (!isBeforeSlot(phase) && phase !== 'begun') t.not(nextOfAction(kind, phase, 'failed'), 'failed', `${kind} ${phase}`);
    }
  }
  t.equal(nextOfAction('restart', 'restarting', 'cancelled'), 'failed', 'its slot was taken away between two units, which all run');
  t.equal(nextOfAction('migration', 'migrating', 'cancelled'), 'failed', 'the directory is as it was before');
});
