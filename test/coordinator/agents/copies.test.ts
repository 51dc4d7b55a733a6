import t from 'tap';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { FakeAgent, makeHub } from '../../support/hub.ts';

const never = new AbortController().signal;

/** Whether it lives. */
function isAsked(agent: FakeAgent | undefined): Promise<unknown> {
  return eventually('it is asked', () => agent?.received.find(({ healthProbe }) => healthProbe !== undefined));
}

void t.test('two living agents with one UID are both put into quarantine', async (t) => {
  using made = makeHub();
  const { hub, trouble } = made;
  const first = new FakeAgent(hub, 'n1').hello('instance-1');
  const second = new FakeAgent(hub, 'n1').hello('instance-2');
  t.equal(hub.live('n1')?.quarantineReason, undefined, 'nothing is proven yet: the first may be a dead connection');
  first.answerProbe('boot-1');
  t.equal(hub.live('n1')?.quarantineReason, undefined, 'nor now: it is the second whose agent may have died');
  await isAsked(second);
  second.answerProbe('boot-1');
  t.match(hub.live('n1')?.quarantineReason, /2 agents/);
  t.match(trouble, [{ reason: 'CONFLICT' }]);
  second.leave();
  t.match(hub.live('n1')?.quarantineReason, /2 agents/, 'the first is no more to be trusted than the second');
  first.leave();
  new FakeAgent(hub, 'n1').hello('instance-3');
  t.equal(hub.live('n1')?.quarantineReason, undefined, 'alone, and said hello anew');
});

void t.test('a node holds a few sessions at most; each is asked once whether it lives, and ended where it does not say', async (t) => {
  using made = makeHub();
  const { hub, clock } = made;
  const sessions = Array.from({ length: 3_000 }, (_, place) => new FakeAgent(hub, 'n1').hello(`instance-${place}`));
  const open = (): FakeAgent[] => sessions.filter(({ ended }) => ended === 'open');
  t.same(open(), sessions.slice(0, 4));
  t.match(sessions[4]?.ended, { reason: 'TOO_MANY', hint: /there is room/ });
  t.match(sessions.at(-1)?.ended, { reason: 'TOO_MANY', message: /hellos faster/ });
  await isAsked(sessions[3]);
  const probes = sessions.map(({ received }) => received.filter(({ healthProbe }) => healthProbe !== undefined).length);
  t.same(probes.slice(0, 5), [1, 1, 1, 1, 0]);
  clock.nowMs += 14_000;
  for (const session of open()) session.heartbeat();
  const again = new FakeAgent(hub, 'n1').hello('instance-3');
  t.equal(again.ended, 'open', 'an agent whose connection was cut takes the place that it had');
  t.equal(sessions[3]?.ended, 'well');
  clock.nowMs += 2_000;
  await eventually('the others are ended', () => open().length === 0);
  t.match(sessions[0]?.ended, { reason: 'DEADLINE_EXCEEDED', message: /did not prove that it lives within 15 s/ });
  t.equal(again.ended, 'open');
  t.equal(hub.live('n1')?.quarantineReason, undefined, 'nobody has proven to be a second one');
  t.equal(new FakeAgent(hub, 'n1').hello('instance-9').ended, 'open');
});

void t.test('an agent that was restarted is no clone: its old connection is dead and does not answer', async (t) => {
  using made = makeHub();
  const { hub } = made;
  const old = new FakeAgent(hub, 'n1').hello('instance-1');
  new FakeAgent(hub, 'n1').hello('instance-2');
  old.leave();
  t.equal(hub.live('n1')?.quarantineReason, undefined);
  const again = new FakeAgent(hub, 'n1').hello('instance-2');
  t.equal(again.ended, 'open');
  t.equal(hub.sessionCount, 1);
});

void t.test('an agent whose predecessor’s hello is taken up after its own is no clone, and neither is the one after it', async (t) => {
  using made = makeHub();
  const { hub, clock, trouble } = made;
  const living = new FakeAgent(hub, 'n1').hello('instance-2');
  const dead = new FakeAgent(hub, 'n1').hello('instance-1');
  living.answerProbe('boot-1');
  await isAsked(dead);
  clock.nowMs += 16_000;
  living.heartbeat();
  await eventually('the dead one is ended', () => dead.ended !== 'open');
  t.match(dead.ended, { reason: 'DEADLINE_EXCEEDED', message: /did not prove that it lives/ });
  t.equal(living.ended, 'open');
  t.match(hub.live('n1'), { instance: 'instance-2', quarantineReason: undefined });
  const restarted = new FakeAgent(hub, 'n1').hello('instance-3');
  await isAsked(restarted);
  t.match(restarted.received[0], { welcome: Object }, 'an agent can answer once it is welcomed');
  restarted.answerProbe('boot-1');
  t.equal(hub.live('n1')?.quarantineReason, undefined, 'that the one before it lived then does not make two');
  living.answerProbe('boot-1');
  t.match(hub.live('n1')?.quarantineReason, /2 agents/, 'that it lives now does');
  t.equal(trouble.length, 1);
});

void t.test('of several agents of a node nothing is stored that none of them has proven to live for', async (t) => {
  using made = makeHub();
  const { hub, clock, learnt, storedOpen } = made;
  const openOperations = [{ operation: 'op-1', phase: 'needs-operator', token: null }];
  const living = new FakeAgent(hub, 'n1').hello('instance-2');
  await eventually('the first is stored', () => learnt.length === 1);
  const dead = new FakeAgent(hub, 'n1').hello('instance-1', { openOperations });
  living.answerProbe('boot-1');
  await isAsked(dead);
  clock.nowMs += 16_000;
  living.heartbeat();
  await eventually('the dead one is ended', () => dead.ended !== 'open');
  t.strictSame([learnt, storedOpen.get('n1')], [['n1'], []], 'its operation has ended since, or not: the living one knows');
  const restarted = new FakeAgent(hub, 'n1').hello('instance-3', { openOperations });
  await isAsked(restarted);
  t.equal(learnt.length, 1);
  restarted.answerProbe('boot-1');
  await eventually('one that lives is stored', () => learnt.length === 2);
  t.same(storedOpen.get('n1'), ['op-1']);
});

void t.test('while a node has two sessions open neither gives evidence of its health', async (t) => {
  using made = makeHub();
  const { clock, hub } = made;
  const older = new FakeAgent(hub, 'n1').hello('instance-1');
  const newer = new FakeAgent(hub, 'n1').hello('instance-2');
  t.match(await errorOf(hub.probe('n1', never)), { reason: 'UNREACHABLE', message: /more than one session open/ });
  await isAsked(newer);
  newer.answerProbe('boot-1');
  t.match(await errorOf(hub.probe('n1', never)), { reason: 'UNREACHABLE' }, 'the other may answer yet');
  clock.nowMs += 16_000;
  newer.heartbeat();
  await eventually('the other is ended', () => older.ended !== 'open');
  const evidence = hub.probe('n1', never);
  newer.answerProbe('boot-1');
  t.match(await evidence, { bootId: 'boot-1' });
});

void t.test('evidence is none once another session of its node was opened before it came', async (t) => {
  using made = makeHub();
  const { hub } = made;
  const older = new FakeAgent(hub, 'n1').hello('instance-1');
  const evidence = errorOf(hub.probe('n1', never));
  new FakeAgent(hub, 'n1').hello('instance-2');
  const [asked, challenged] = older.received.flatMap(({ healthProbe }) => (healthProbe ? [healthProbe.nonce ?? ''] : []));
  t.not(asked, challenged);
  older.answerProbe('boot-1', asked);
  t.match(await evidence, { reason: 'UNREACHABLE', message: /more than one session open/ });
});
