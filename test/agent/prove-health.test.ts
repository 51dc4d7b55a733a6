import t from 'tap';
import { UvsError } from '../../common/errors.ts';
import { eventually } from '../support/eventually.ts';
import { sampleToken } from '../support/sample-node.ts';
import { operation, WatchedNode } from '../support/watched-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const rollBackAfterMs = 60_000;
const never = new AbortController().signal;
const unhealthy = { verdict: 'unhealthy', reason: 'gate ceph: osd.4 is down' } as const;

void t.test('a node that is found healthy ends with the release, before its clean-up takes away what going back needs', async (t) => {
  using watched = await new WatchedNode().build();
  await using runner = await watched.open();
  t.match(await watched.run(runner, never, { rollBackAfterMs }), { outcome: 'installed' });
  t.strictSame(watched.slots.heard.slice(-4), ['task post', 'judge', 'confirm', 'task cleanup']);
});

void t.test('nobody is asked where the rollout does not want it', async (t) => {
  using watched = await new WatchedNode().build();
  watched.slots.verdict = unhealthy;
  await using runner = await watched.open();
  t.match(await watched.run(runner), { outcome: 'installed' });
  t.notOk(watched.slots.heard.includes('judge'));
});

void t.test('a node that is not found healthy in time goes back to exactly what it was, and says why', async (t) => {
  using watched = await new WatchedNode().build();
  watched.slots.verdict = unhealthy;
  await using runner = await watched.open();
  const ending = watched.run(runner, never, { rollBackAfterMs });
  await eventually('it waits', () => watched.slots.heard.filter((heard) => heard === 'judge').length > 3);
  watched.slots.nowMs += rollBackAfterMs;
  t.match(await ending, { outcome: 'rolled-back', message: /not healthy within 60 s: gate ceph: osd.4 is down/ });
  t.ok(watched.isAsBefore());
  t.notOk(watched.slots.heard.includes('task cleanup'));
});

void t.test('while nobody can judge the node stays as it is, however long that takes', async (t) => {
  using watched = await new WatchedNode().build();
  watched.slots.verdict = Promise.reject(new UvsError('UNREACHABLE', 'no coordinator answers'));
  watched.slots.verdict.catch(() => undefined);
  await using runner = await watched.open();
  const ending = watched.run(runner, never, { rollBackAfterMs });
  const asked = () => watched.slots.heard.filter((heard) => heard === 'judge').length;
  await eventually('it asks', () => asked() > 3);
  watched.slots.nowMs += 10 * rollBackAfterMs;
  watched.slots.verdict = { verdict: 'undecided', reason: 'etcd is held' };
  const before = asked();
  await eventually('it asks on', () => asked() > before + 3);
  watched.slots.verdict = { verdict: 'healthy', reason: '' };
  t.match(await ending, { outcome: 'installed' });
});

void t.test('a slot that is taken back meanwhile ends the waiting, and the node serves with what it has', async (t) => {
  using watched = await new WatchedNode().build();
  watched.slots.verdict = unhealthy;
  await using runner = await watched.open();
  const ending = watched.run(runner, never, { rollBackAfterMs });
  await eventually('it waits', () => watched.slots.heard.includes('judge'));
  await runner.revoke(operation, sampleToken, 'the operator wants it back');
  const { outcome } = await ending;
  t.equal(watched.active.size, 2, 'both services run');
  t.ok(outcome === 'installed' || watched.isAsBefore(), outcome);
});

void t.test('an agent that dies while it waits goes on waiting, with the time that the rollout gave it', async (t) => {
  using watched = await new WatchedNode().build();
  watched.slots.verdict = unhealthy;
  const cut = new Error('the agent dies');
  watched.onPoint = (point) => {
    if (point === 'confirming-recorded') throw cut;
  };
  {
    await using runner = await watched.open();
    await t.rejects(watched.run(runner, never, { rollBackAfterMs }), cut);
  }
  watched.onPoint = () => undefined;
  await using runner = await watched.open();
  const ending = watched.run(runner);
  await eventually('it asks', () => watched.slots.heard.includes('judge'));
  watched.slots.nowMs += rollBackAfterMs;
  t.match(await ending, { outcome: 'rolled-back', message: /not healthy within 60 s/ });
  t.ok(watched.isAsBefore());
});
