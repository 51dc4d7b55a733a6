import t from 'tap';
import { enrolEight, operator, startCoordinator, uidOf, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { errorOf } from '../../support/failure.ts';
import { nodeOf } from '../../support/fleet-records.ts';
import { soonSilent, untilSilent } from '../../support/silence.ts';
import { begunSlot, forced, isHeld, silentFleet, toNode } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('a host name that a removed node and its successor share is nobody by itself: both are named by their UIDs', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: soonSilent });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  fleet.agent(slot.uid).link?.end(slot.uid);
  await core.nodes.remove('demo154', 'new board', operator, '', forced);
  t.match(await errorOf(core.nodes.remove('demo154', 'again', operator, '')), {
    reason: 'NOT_FOUND',
    message: 'demo154 was removed already; it counts until it is written off',
    hint: /uvsctl nodes write-off demo154 /,
  });
  t.match(await core.slots.find('demo154'), { uid: slot.uid }, 'while there is no other, the name is its own');
  const fresh = uidOf(8).replace(/.$/u, 'f');
  await core.nodes.enrol(nodeOf(fresh, 'demo154', ['osd']), { identity: 'joining/t2' });
  const both = {
    reason: 'INVALID_ARGUMENT',
    message: `demo154 is the name of 2 nodes: ${fresh}, which is enrolled; ${slot.uid}, which was removed by force and counts until it is written off`,
    hint: 'Say which by its UID.',
  };
  await untilSilent(core);
  for (const ask of [
    () => core.slots.find('demo154'),
    () => core.slots.release('demo154', 'x', forced, operator, ''),
    () => core.nodes.remove('demo154', 'x', operator, '', forced),
    () => core.nodes.writeOff('demo154', 'x', true, operator, ''),
  ]) {
    t.match(await errorOf(ask()), both);
  }
  t.match(await errorOf(core.slots.release(slot.uid, 'x', forced, operator, '')), { hint: new RegExp(`write-off ${slot.uid}`) });
  t.match(await core.slots.find(slot.uid), { state: 'quarantined', hostname: 'demo154' });
  t.match(await errorOf(core.slots.find(fresh)), { reason: 'NOT_FOUND' });
  await core.nodes.writeOff(slot.uid, 'the old board burnt', true, operator, '');
  t.notOk(await isHeld(core, slot.uid));
  t.match(core.nodes.find('demo154'), { uid: fresh }, 'the new one is still there, and the name is its own');
});

void t.test('a host name under which two nodes were removed is neither of them', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: soonSilent });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 2, 'two burn', operator, '');
  const first = await begunSlot(core, toNode('demo154'));
  await core.nodes.remove('demo154', 'burnt', operator, '', forced);
  const { hostname, ...other } = core.nodes.find('demo155');
  await core.nodes.learn(other.uid, {
    ...other,
    hostname: hostname.replace('155', '154'),
    facts: fleet.agent(other.uid).facts,
    openOperations: [],
    endedOperations: [],
  });
  await begunSlot(core, toNode('demo154'));
  await core.nodes.remove(other.uid, 'burnt', operator, '', forced);
  const refusal = await errorOf(core.nodes.writeOff('demo154', 'x', true, operator, ''));
  t.match(refusal, { reason: 'INVALID_ARGUMENT', message: new RegExp(`2 nodes: ${first.uid}, .*; ${other.uid}, which was removed`) });
});
