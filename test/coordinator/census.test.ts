import t from 'tap';
import { takeCensus } from '../../coordinator/census.ts';
import type { NodeStatus } from '../../coordinator/core.ts';
import { facts, node, slot } from '../support/domain-records.ts';
import { UvsError } from '../../common/errors.ts';

const refuse = (): never => {
  throw new UvsError('INTERNAL', 'not part of this test');
};

/** A leader that has these nodes and nothing else. */
function coreOf(states: Readonly<Record<string, NodeStatus['state']>>) {
  const nodes = Object.keys(states).map((name) => node(name, ['osd']));
  const stateOf = new Map(nodes.map(({ uid, hostname }) => [uid, states[hostname] ?? 'ready']));
  const ledger = { seq: 0, nodeEntries: 0, requestId: '', freezeReason: undefined, budgets: {}, hold: undefined, isAdopting: false };
  return {
    uidOf: (hostname: string) => nodes.find((each) => each.hostname === hostname)?.uid ?? '',
    nodes: { list: () => nodes, status: (uid: string) => ({ state: stateOf.get(uid) ?? 'ready', message: '' }) },
    slots: { removed: () => [], list: async () => [], drains: () => [] },
    rollouts: { states: async () => [] },
    cluster: { describe: async () => ({ epoch: 'e', leader: undefined, members: [], ledger, unheard: [] }) },
  };
}

void t.test('a node that was lost in the middle of an update is counted apart from those that are at it', async (t) => {
  const core = coreOf({ demo154: 'updating', demo155: 'updating', demo156: 'silent', demo157: 'ready' });
  const sessions = new Set([core.uidOf('demo154'), core.uidOf('demo157')]);
  const heard = {
    live: (uid: string) => (sessions.has(uid) ? { facts: facts() } : undefined),
    declared: { limitStates: () => ['refused', 'in-force', 'refused'], settingStates: () => ['waiting'] },
  };
  const census = await takeCensus(core, heard, 0);
  t.match(Object.fromEntries(census?.nodes ?? []), { updating: 1, 'updating-unheard': 1, silent: 1, ready: 1, cordoned: 0 });
  t.match(Object.fromEntries(census?.limited_units ?? []), { refused: 2, 'in-force': 1, unmet: 0, unknown: 0 });
  t.match(Object.fromEntries(census?.node_settings ?? []), { waiting: 1, refused: 0 });
});

void t.test('SSDs that were set up are counted by how it stands with them', async (t) => {
  const core = coreOf({ demo154: 'ready', demo155: 'ready', demo156: 'ready' });
  const standings = [
    { state: 'lost', message: 'gone' },
    { state: 'mounted', message: '' },
  ] as const;
  const nodes = core.nodes.list().map((one, index) => {
    const m2 = standings[index];
    return { ...one, facts: { ...facts(), ...(m2 === undefined ? {} : { m2 }) } };
  });
  const census = await takeCensus(
    { ...core, nodes: { ...core.nodes, list: () => nodes } },
    { live: () => undefined, declared: { limitStates: () => [], settingStates: () => [] } },
    0,
  );
  t.strictSame(Object.fromEntries(census?.m2_disks ?? []), { mounted: 1, absent: 0, lost: 1, 'read-only': 0, misaligned: 0 });
  const told = { ...facts(), m2: { state: 'lost', message: 'pulled out' } } as const;
  const later = await takeCensus(
    { ...core, nodes: { ...core.nodes, list: () => nodes } },
    {
      live: (uid) => (uid === core.uidOf('demo155') ? { facts: told } : undefined),
      declared: { limitStates: () => [], settingStates: () => [] },
    },
    0,
  );
  t.strictSame(later?.m2_disks.get('lost'), 2, 'what a session has told since its hello');
});

void t.test('for how long the longest slot has been held is told by state', async (t) => {
  const core = coreOf({});
  const held = [
    { ...slot('demo154', { grantedAt: 0, beganAt: 100_000 }), hostname: 'demo154', message: '', known: '' },
    { ...slot('demo155', { grantedAt: 50_000, beganAt: 70_000 }), hostname: 'demo155', message: '', known: '' },
    { ...slot('demo156', { state: 'granted', grantedAt: 129_000 }), hostname: 'demo156', message: '', known: '' },
  ];
  const census = await takeCensus(
    { ...core, slots: { ...core.slots, list: async () => held } },
    { live: () => undefined, declared: { limitStates: () => [], settingStates: () => [] } },
    130_000,
  );
  t.strictSame(Object.fromEntries(census?.slot_held_seconds_max ?? []), { granted: 1, begun: 60, revoked: 0, quarantined: 0, ended: 0 });
});

void t.test('what is not known is left out, and not told as nothing', async (t) => {
  const core = { ...coreOf({}), nodes: { list: refuse, status: refuse } };
  t.equal(await takeCensus(core, { live: () => undefined, declared: { limitStates: () => [], settingStates: () => [] } }, 0), undefined);
});
