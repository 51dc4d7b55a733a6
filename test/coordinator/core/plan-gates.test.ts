import t from 'tap';
import { NODES_ASKED } from '../../../coordinator/core/plan-gates.ts';
import type { Gate, GateAnswer } from '../../../coordinator/ports.ts';
import { enrolEight, FakeFleet, specOf, startCoordinator, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { nodeOf } from '../../support/fleet-records.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

/** A gate that says no to some, is silent about others, and counts how often it is asked. */
class PickyGate implements Gate {
  readonly name = 'storage';
  readonly kind = 'test';
  readonly asked: string[] = [];
  readonly #noes: Readonly<Record<string, string>>;
  readonly #silentAbout: readonly string[];

  constructor(noes: Readonly<Record<string, string>>, silentAbout: readonly string[] = []) {
    this.#noes = noes;
    this.#silentAbout = silentAbout;
  }

  async ask({ node: { hostname } }: Parameters<Gate['ask']>[0], signal: AbortSignal): Promise<GateAnswer> {
    this.asked.push(hostname);
    if (this.#silentAbout.includes(hostname)) {
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }));
    }
    const message = this.#noes[hostname];
    return { isYes: message === undefined, message: message ?? 'it may be spared' };
  }
}

void t.test('a plan shows what the gates say of each of its first nodes, with their names', async (t) => {
  const gate = new PickyGate({ demo153: 'slow ops', demo155: 'osd.5 is down', demo156: 'osd.5 is down' });
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  t.match(await core.rollouts.plan(specOf()), {
    gatesAsked: 8,
    blockers: [
      { kind: 'gate/storage', message: 'demo153: slow ops' },
      { kind: 'gate/storage', message: 'demo155, demo156: osd.5 is down' },
    ],
  });
  const selector = { all: false, nodes: ['demo155', 'demo156'], roles: [], labels: {} };
  t.strictSame(
    (await core.rollouts.plan(specOf({ selector }))).blockers,
    [{ kind: 'gate/storage', message: 'osd.5 is down' }],
    'what is said of all needs no names',
  );
});

void t.test('the gates are asked about so many nodes of a plan and no more', async (t) => {
  const gate = new PickyGate({});
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate] });
  const core = await untilLeader(c1);
  const names = Array.from({ length: NODES_ASKED + 4 }, (_none, index) => `osd${index + 1}`);
  for (const name of names) await core.nodes.enrol(nodeOf(`uid-${name}`, name, ['osd']), { identity: 'joining/t1' });
  t.match(await core.rollouts.plan(specOf({ goal: { kind: 'reboot' } })), { gatesAsked: NODES_ASKED });
  t.strictSame(gate.asked, names.slice(0, NODES_ASKED), 'the first of the order, each once');
});

void t.test('a plan does not wait long for what the gates say of later nodes, and what was cut short is no answer', async (t) => {
  const gate = new PickyGate({ demo152: 'slow ops' }, ['demo153', 'demo154']);
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { planGatesMs: 300, gateDeadlineMs: 60_000 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const plan = await core.rollouts.plan(specOf());
  t.equal(plan.gatesAsked, 2, 'two of which it is silent have the places of all that follow');
  t.match(
    plan.blockers.map(({ message }) => message),
    ['demo152: slow ops'],
  );
  t.match(core.slots.gates(), [{ name: 'storage', last: { message: 'slow ops' } }]);
});

void t.test('without a gate nobody was asked', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  t.match(await core.rollouts.plan(specOf()), { gatesAsked: 0, blockers: { length: 0 } });
});
