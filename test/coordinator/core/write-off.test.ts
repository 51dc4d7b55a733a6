import t from 'tap';
import { enrolEight, operator, startCoordinator, uidOf, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { errorOf } from '../../support/failure.ts';
import { soonSilent, untilSilent } from '../../support/silence.ts';
import { begunSlot, forced, isHeld, silentFleet, toNode } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test(
  'a node that is heard is not written off, whatever is said of its power, nor before it has been silent for long enough',
  async (t) => {
    using fleet = silentFleet();
    await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: soonSilent });
    const core = await untilLeader(c1);
    await enrolEight(core);
    const strike = (): Promise<void> => core.nodes.writeOff('demo155', 'burnt', true, operator, '');
    const heard = {
      reason: 'NOT_ALLOWED_NOW',
      message: /^demo155 was heard \d+ s ago: it can't be known yet that it is powered off$/,
      hint: /try again in [12] s\. .*uvsctl nodes cordon demo155 --reason TEXT; .*(?:uvsctl nodes remove demo155 --reason TEXT|while it holds a slot it is not forgotten)$/,
    };
    t.match(await errorOf(strike()), heard);
    await begunSlot(core, toNode('demo155'));
    t.match(await errorOf(strike()), heard, 'it has begun: nobody is told to take its slot by force');
    await untilSilent(core);
    t.match(await errorOf(strike()), heard, 'its session is open, and the term is old');
    fleet.agent(uidOf(5)).link?.end(uidOf(5));
    t.match(await errorOf(strike()), heard, 'its session ended a moment ago');
    await untilSilent(core);
    t.match(await errorOf(strike()), {
      message: /^demo155 holds a slot for op-\S+ \(begun\)$/,
      hint: 'Take it back first: uvsctl slots release demo155 --force --node-is-powered-off --reason TEXT',
    });
    await core.slots.release('demo155', 'it burns', forced, operator, '');
    await strike();
    t.equal((await errorOf(async () => core.nodes.find('demo155'))).reason, 'NOT_FOUND');
  },
);

void t.test('a new leader, whom nobody has told what was heard before it, takes no node for silent at once', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const begun = await begunSlot(core, toNode('demo154'));
  await core.slots.release('demo154', 'it burns', forced, operator, '');
  await using c2 = await startCoordinator(etcd, fleet, 'c2', { timings: soonSilent });
  c1.kill();
  const after = await untilLeader(c2);
  fleet.agent(begun.uid).link = undefined;
  t.match(await errorOf(after.nodes.writeOff('demo154', 'it burns', true, operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: /^this coordinator leads for [01] s, too short a time to know that demo154 is silent$/,
    hint: /^Try again in [12] s\.$/,
  });
  await untilSilent(after);
  await after.nodes.writeOff('demo154', 'it burns', true, operator, '');
  t.notOk(await isHeld(after, begun.uid));
});
