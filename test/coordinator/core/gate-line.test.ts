import t from 'tap';
import type { Core, SlotView } from '../../../coordinator/core.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { pause } from '../../../coordinator/state/pause.ts';
import { enrolEight, operator, specOf, startCoordinator, uidOf, untilLeader, wipe, type TestCoordinator } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { endOf, grantedSlot, silentFleet, soon, toNode } from '../../support/held-slots.ts';
import { scriptedGate } from '../../support/scripted-gate.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

async function grantedTogether(core: Core, count: number): Promise<readonly SlotView[]> {
  await core.rollouts.create(
    specOf({ mode: 'parallel', budget: count, selector: { all: false, nodes: [], roles: ['osd'], labels: {} } }),
    operator,
    '',
  );
  const slots = await eventually(`${count} are granted`, async () => {
    const now = await core.slots.list();
    return now.length === count ? now : undefined;
  });
  return slots.toSorted((left, right) => (left.hostname < right.hostname ? -1 : 1));
}

void t.test('each is asked about beside what is ahead of it, and begins after it: a slow gate is waited for once', async (t) => {
  using fleet = silentFleet();
  const { gate, asked, answers } = scriptedGate();
  const release = Promise.withResolvers<undefined>();
  answers.set('before-begin demo154 []', () => release.promise);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { slotTtlSeconds: 60 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slots = await grantedTogether(core, 3);
  t.same(
    asked,
    ['before-grant demo154 []', 'before-grant demo155 [demo154]', 'before-grant demo156 [demo154 demo155]'],
    'whoever was granted is about to begin',
  );
  const order: string[] = [];
  const begins = slots.map(async (slot) => {
    const answer = await core.slots.begin(slot.uid, slot.operation, slot.token, soon());
    order.push(`${slot.hostname} ${answer.isYes}`);
  });
  await eventually('all are asked about', () => asked.includes('before-begin demo156 [demo154 demo155]'));
  const { steps } = await core.rollouts.get((await core.rollouts.ids())[0] ?? '');
  t.same(
    steps?.filter(({ state }) => state === 'granted').map(({ message }) => message),
    Array.from({ length: 3 }, () => 'the gates are being asked whether it may begin'),
  );
  t.same(
    (await core.slots.list()).map(({ state }) => state),
    Array.from({ length: 3 }, () => 'granted'),
    'nobody begins before whom it was asked about first',
  );
  release.resolve(undefined);
  await Promise.all(begins);
  t.same(order, ['demo154 true', 'demo155 true', 'demo156 true']);
  t.equal(asked.filter((question) => question.startsWith('before-begin')).length, 3, 'each once');
});

void t.test('a no beside somebody who was refused in the end is asked again without him', async (t) => {
  using fleet = silentFleet();
  const { gate, asked, answers } = scriptedGate();
  answers.set('before-begin demo154 []', () => 'not him');
  answers.set('before-begin demo155 [demo154]', () => 'not both');
  answers.set('before-begin demo156 [demo154 demo155]', () => 'not three');
  answers.set('before-begin demo156 [demo155]', () => 'not these two');
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { slotTtlSeconds: 60 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slots = await grantedTogether(core, 3);
  const answered = await Promise.all(slots.map((slot) => core.slots.begin(slot.uid, slot.operation, slot.token, soon())));
  t.match(answered, [{ isYes: false, reason: /not him/ }, { isYes: true }, { isYes: false, reason: /not these two/ }], asked.join(', '));
});

void t.test('a yes that has grown old behind somebody about whom a gate kept silent is asked for again', async (t) => {
  using fleet = silentFleet();
  const { gate, asked, answers } = scriptedGate();
  let isIll = false;
  const ill = (): string | undefined => (isIll ? 'HEALTH_ERR' : undefined);
  const silence = Promise.withResolvers<string>();
  answers.set('before-begin demo154 []', () => silence.promise);
  answers.set('before-begin demo155 [demo154]', ill);
  answers.set('before-begin demo155 []', ill);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { slotTtlSeconds: 60, gateDeadlineMs: 30_000 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const [first, second] = await grantedTogether(core, 2);
  if (first === undefined || second === undefined) throw new Error('two were granted');
  const begins = [first, second].map((slot) => core.slots.begin(slot.uid, slot.operation, slot.token, soon()));
  await eventually('both are asked about', () => asked.includes('before-begin demo155 [demo154]'));
  isIll = true;
  await pause(3_500, new AbortController().signal);
  silence.resolve('not him');
  t.match(await Promise.all(begins), [
    { isYes: false, reason: /not him/ },
    { isYes: false, reason: /HEALTH_ERR/ },
  ]);
});

/** Keeps the ledger busy with somebody's rollout, whose package is looked for in its turn. @returns what ends that */
async function keepLedgerBusy(c1: TestCoordinator, core: Core, hostname: string): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<undefined>();
  const reached = Promise.withResolvers<undefined>();
  c1.etcd.onGet = async (key) => {
    if (!key.includes('packages/')) return;
    reached.resolve(undefined);
    await held.promise;
  };
  const other = core.rollouts.create(specOf(toNode(hostname)), operator, '');
  await reached.promise;
  return async () => {
    held.resolve(undefined);
    await other;
  };
}

void t.test(
  'a yes that has grown old before its turn in the ledger came is asked for again, before a begin and before it is free',
  async (t) => {
    using fleet = silentFleet();
    const { gate, asked, answers } = scriptedGate();
    await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { slotTtlSeconds: 60, gateDeadlineMs: 30_000 } });
    const core = await untilLeader(c1);
    await enrolEight(core);
    const slot = await grantedSlot(core, toNode('demo154'));
    for (const [moment, other] of [
      ['before-begin', 'demo155'],
      ['after', 'demo156'],
    ] as const) {
      const question = `${moment} demo154 []`;
      const yes = Promise.withResolvers<undefined>();
      answers.set(question, () => yes.promise);
      const begin = () => core.slots.begin(slot.uid, slot.operation, slot.token, soon());
      const begun = moment === 'after' ? undefined : begin();
      if (begun === undefined) await core.slots.ended(slot.uid, endOf(slot, 'rolled-back'));
      await eventually('it is asked about', () => asked.includes(question));
      const goOn = await keepLedgerBusy(c1, core, other);
      yes.resolve(undefined);
      await yes.promise;
      answers.set(question, () => 'HEALTH_ERR');
      await pause(3_500, new AbortController().signal);
      await goOn();
      if (begun !== undefined) t.match(await begun, { isYes: false, reason: /HEALTH_ERR/ });
      await eventually('it was asked again', () => asked.filter((each) => each === question).length > 1);
      t.match(await core.slots.list(), [{ uid: slot.uid, state: begun === undefined ? 'ended' : 'granted' }], moment);
      if (begun === undefined) break;
      answers.delete(question);
      await eventually('it begins', async () => (await begin()).isYes);
    }
  },
);

void t.test('a gate is asked again where somebody began outside of the line while it answered', async (t) => {
  using fleet = silentFleet();
  const { gate, asked, answers } = scriptedGate();
  const release = Promise.withResolvers<undefined>();
  answers.set('before-begin demo154 []', () => release.promise);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { slotTtlSeconds: 60 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const [first, second] = await grantedTogether(core, 2);
  if (first === undefined || second === undefined) throw new Error('two were granted');
  const begin = core.slots.begin(first.uid, first.operation, first.token, soon());
  await eventually('the gate is being asked', () => asked.includes('before-begin demo154 []'));
  const client = etcd.client();
  const [slot, ledger] = [await client.get(keys.slot(second.uid)), await client.get(keys.ledger)];
  if (slot === undefined || ledger === undefined) throw new Error('both are there');
  await client.txn(
    [],
    [
      { do: 'put', key: slot.key, value: slot.value.replace('"granted"', '"begun"') },
      { do: 'put', key: ledger.key, value: ledger.value },
    ],
  );
  release.resolve(undefined);
  t.match(await begin, { isYes: true });
  t.ok(asked.includes('before-begin demo154 [demo155]'), asked.join(', '));
});

void t.test('who asks again while the gates are asked waits for the same answer, and his grant does not lapse', async (t) => {
  using fleet = silentFleet();
  const { gate, asked, answers } = scriptedGate();
  const release = Promise.withResolvers<undefined>();
  answers.set('before-begin demo151 []', () => release.promise);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { slotTtlSeconds: 2, gateDeadlineMs: 30_000 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { uid, operation, token } = await grantedSlot(core);
  for (let call = 0; call < 6; call += 1) {
    t.match(await core.slots.begin(uid, operation, token, AbortSignal.timeout(1_000)), { isYes: false, reason: /still being asked/ });
  }
  const last = core.slots.begin(uid, operation, token, soon());
  release.resolve(undefined);
  t.match(await last, { isYes: true });
  t.equal(asked.filter((question) => question.startsWith('before-begin')).length, 1);
});

void t.test('a leader whose term ends while the gates are asked has not said no: the next one is asked', async (t) => {
  using fleet = silentFleet();
  const { gate, asked, answers } = scriptedGate();
  const release = Promise.withResolvers<undefined>();
  answers.set('before-begin demo151 []', () => release.promise);
  const c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { slotTtlSeconds: 60 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { uid, operation, token } = await grantedSlot(core);
  const begin = core.slots.begin(uid, operation, token, soon());
  await eventually('the gate is being asked', () => asked.includes('before-begin demo151 []'));
  const refused = t.rejects(begin, { message: 'this coordinator does not lead any more', reason: 'NOT_LEADER' });
  await c1[Symbol.asyncDispose]();
  await refused;
  release.resolve(undefined);
});

void t.test('a node that asks about the operation of another changes nothing of it', async (t) => {
  using fleet = silentFleet();
  const { gate, answers } = scriptedGate();
  answers.set('before-grant demo154 []', () => 'HEALTH_WARN');
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { retryMs: 60_000 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf(toNode('demo154')), operator, '');
  const step = async () => (await core.rollouts.get(plan.id)).steps[0];
  const refused = await eventually('refused', async () => {
    const now = await step();
    return now?.message.includes('HEALTH_WARN') === true ? now : undefined;
  });
  const evil = uidOf(8);
  t.match(await core.slots.begin(evil, refused.operation, { epoch: 'x', createRevision: 1 }, soon()), { isYes: false });
  t.match((await step())?.message, /HEALTH_WARN/, 'the reason is still its own');
});
