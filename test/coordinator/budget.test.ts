import * as fc from 'fast-check';
import t from 'tap';
import { askingOf, mayDisturb, type CountedNode, type RolloutBudget } from '../../coordinator/budget.ts';
import { BudgetCount, countDown } from '../../coordinator/budget-count.ts';
import type { NodeStatus } from '../../coordinator/core.ts';
import type { HeldSlot } from '../../coordinator/domain.ts';
import { node, ready, rolloutSpec, slot } from '../support/domain-records.ts';

const rolling: RolloutBudget = { rollout: 'ro-1', mode: 'rolling', budget: 1, isMending: false };
const ledger = { freezeReason: undefined, budgets: {} };

function counted(hostname: string, roles: readonly string[], state: NodeStatus['state'] = 'ready'): CountedNode {
  return { node: node(hostname, roles), status: { state, message: state === 'ready' ? '' : `it is ${state}` } };
}

/** Three monitors that are up, so that quorum is not what is asked about. */
const monitors = [counted('mon1', ['mon']), counted('mon2', ['mon']), counted('mon3', ['mon'])];

void t.test('a ready node may be disturbed while nobody is down', async (t) => {
  const osd = counted('osd1', ['osd']);
  t.strictSame(mayDisturb(countDown([...monitors, osd], [], ledger), osd, rolling), { isYes: true });
});

void t.test(
  'a node that is unhealthy is disturbed by a rollout that is to mend it and by no other, and nothing else that is not ready',
  async (t) => {
    const mending = askingOf('ro-1', rolloutSpec({ acknowledgedChecks: ['UVS_NODE_UNHEALTHY'] }));
    for (const state of ['silent', 'unhealthy', 'cordoned', 'needs-operator', 'quarantined', 'updating'] as const) {
      const ill = counted('osd1', ['osd'], state);
      const view = countDown([...monitors, ill], [], ledger);
      t.match(mayDisturb(view, ill, rolling), { isYes: false, kind: 'node', message: new RegExp(`^osd1 is ${state}: `) });
      t.equal(mayDisturb(view, ill, mending).isYes, state === 'unhealthy', state);
    }
    const ill = counted('osd1', ['osd'], 'unhealthy');
    t.match(mayDisturb(countDown([...monitors, ill], [], ledger), ill, rolling), {
      message: /to mend it acknowledges UVS_NODE_UNHEALTHY\)$/,
    });
    const two = countDown([...monitors, ill, counted('osd2', ['osd'], 'silent')], [], ledger);
    t.match(mayDisturb(two, ill, mending), { isYes: false, kind: 'budget' }, 'whoever else is down counts as always');
  },
);

void t.test('every way of being down uses up the cluster budget', async (t) => {
  const osd = counted('osd1', ['osd']);
  for (const state of ['silent', 'unhealthy', 'cordoned', 'needs-operator', 'quarantined', 'updating'] as const) {
    const view = countDown([...monitors, osd, counted('osd2', ['osd'], state)], [], ledger);
    t.strictSame(
      mayDisturb(view, osd, rolling),
      { isYes: false, kind: 'budget', message: `budget cluster 1 of 1 used: osd2 (${state})` },
      state,
    );
  }
  for (const state of ['granted', 'begun', 'ended'] as const) {
    const other = counted('osd2', ['osd']);
    const view = countDown([...monitors, osd, other], [slot('osd2', { state, rollout: 'ro-2' })], ledger);
    t.match(mayDisturb(view, osd, rolling), { isYes: false, kind: 'budget', message: /cluster 1 of 1 used: osd2 \(updating\)/ }, state);
  }
});

void t.test('the roles with which a slot was granted count while it is held, whatever its node says of itself by now', async (t) => {
  const osd = counted('osd1', ['osd']);
  const held = slot('osd2', { state: 'begun', rollout: 'ro-2', roles: ['osd', 'mon'] });
  const budgets = { cluster: 9, 'role/osd': 1 };
  const view = countDown([...monitors, osd, counted('osd2', ['rgw'])], [held], { ...ledger, budgets });
  t.match(mayDisturb(view, osd, rolling), { isYes: false, message: 'budget role/osd 1 of 1 used: osd2 (updating)' });
  t.same([...view.monitorsAway.keys()], ['uid-osd2']);
  t.same([...view.downByRole.keys()].toSorted(), ['mon', 'osd', 'rgw'], 'what it says may add to them');
  const gone = slot('osd2', { roles: ['osd'], removedNode: { hostname: 'osd2', roles: [], addresses: [] } });
  t.match(mayDisturb(countDown([osd], [gone], { ...ledger, budgets }), osd, rolling), { isYes: false, kind: 'budget' });
});

void t.test('roles that only the node says add to what it uses up, and take away nothing that was accepted', async (t) => {
  const osd = counted('osd1', ['osd']);
  const budgets = { cluster: 9, 'role/osd': 1, 'role/rgw': 1 };
  const other: CountedNode = { node: node('n2', ['rgw'], { acceptedRoles: ['osd'] }), status: { state: 'silent', message: '' } };
  const view = countDown([...monitors, osd, other], [], { ...ledger, budgets });
  for (const role of ['osd', 'rgw']) {
    const candidate = counted('n1', [role]);
    t.match(mayDisturb(view, candidate, rolling), { isYes: false, message: `budget role/${role} 1 of 1 used: n2 (silent)` });
  }
});

void t.test('no node makes the monitors more by its own word, and one that denies to be one makes them fewer', async (t) => {
  const claims: CountedNode = { node: node('n4', ['mon'], { acceptedRoles: ['osd'] }), status: ready };
  const denies: CountedNode = { node: node('n5', ['osd'], { acceptedRoles: ['mon'] }), status: ready };
  const [first, second] = monitors;
  if (first === undefined || second === undefined) throw new Error('no monitors');
  const budgets = { cluster: 9 };
  const refusal = (others: readonly CountedNode[], candidate = first) => {
    const verdict = mayDisturb(countDown([first, second, ...others], [], { ...ledger, budgets }), candidate, rolling);
    return verdict.isYes ? undefined : verdict.message;
  };
  t.match(refusal([claims]), /^only 1 of 2 monitors would be up, their quorum needs 2 \(none is down, mon1 is one\)$/);
  t.match(refusal([denies]), /^only 1 of 3 monitors would be up, their quorum needs 2 \(down: n5 \(says that it is no monitor\), mon1/);
  const third = counted('mon3', ['mon']);
  t.equal(refusal([third]), undefined);
  const down: CountedNode = { ...claims, status: { state: 'unhealthy', message: '' } };
  t.match(
    refusal([third, down]),
    /^only 2 of 4 monitors .*, counting all that say that they are one\)$/,
    'that is down it may be one that is missing',
  );
  const unasked = mayDisturb(countDown([claims, osdOf('n6')], [], { ...ledger, budgets }), claims, rolling);
  t.match(unasked, { isYes: false, message: /^only 0 of 1 monitors/ }, 'where none was accepted, whoever says that it is one is one');
});

void t.test(
  'a node that is no monitor is refused only where those that were accepted are down, whatever any node says of itself',
  async (t) => {
    const budgets = { cluster: 9 };
    const refusal = (others: readonly CountedNode[], slots: readonly HeldSlot[] = [], candidate = osdOf('n9')) => {
      const verdict = mayDisturb(countDown([candidate, ...others], slots, { ...ledger, budgets }), candidate, rolling);
      return verdict.isYes ? undefined : verdict.message;
    };
    const away: NodeStatus = { state: 'silent', message: '' };
    const claims = (hostname: string): CountedNode => ({ node: node(hostname, ['mon'], { acceptedRoles: ['osd'] }), status: away });
    const denies = (hostname: string): CountedNode => ({ node: node(hostname, ['osd'], { acceptedRoles: ['mon'] }), status: ready });
    t.equal(refusal([claims('n1')]), undefined, 'the only one that says that it is a monitor');
    t.equal(refusal([...monitors, claims('n1'), claims('n2'), claims('n3')]), undefined);
    t.equal(refusal([denies('n1'), denies('n2'), ...monitors.slice(2)]), undefined, 'who denies it, and is up, is up');
    t.match(
      refusal([{ ...denies('n1'), status: away }, { ...denies('n2'), status: away }, ...monitors.slice(2)]),
      /^only 1 of 3 monitors would be up, their quorum needs 2 \(down: n1 \(silent\), n2 \(silent\)\)$/,
      'and who is down is down',
    );
    const taken = [slot('n1', { rollout: 'ro-2', roles: ['mon', 'osd'] }), slot('n2', { rollout: 'ro-2', roles: ['mon', 'osd'] })];
    t.equal(refusal([...monitors, claims('n1'), claims('n2')], taken), undefined);
    const [mon1] = monitors;
    t.match(
      refusal([...monitors.slice(1), claims('n1'), claims('n2')], taken, mon1),
      /^only 0 of 3 monitors would be up/,
      'UVS itself has taken them',
    );
  },
);

function osdOf(hostname: string): CountedNode {
  return counted(hostname, ['osd']);
}

void t.test('a slot whose node is no longer enrolled counts', async (t) => {
  const osd = counted('osd1', ['osd']);
  const view = countDown([...monitors, osd], [slot('gone', { rollout: 'ro-9' })], ledger);
  t.match(mayDisturb(view, osd, rolling), { isYes: false, kind: 'budget', message: /uid-gone \(removed\)/ });
});

void t.test('a freeze comes before everything and tells its reason', async (t) => {
  const osd = counted('osd1', ['osd']);
  const view = countDown([...monitors, osd], [], { freezeReason: 'power work in row 3', budgets: {} });
  t.strictSame(mayDisturb(view, osd, rolling), { isYes: false, kind: 'freeze', message: 'the cluster is frozen: power work in row 3' });
});

void t.test('a candidate that is not ready is refused by its own state', async (t) => {
  const osd = counted('osd1', ['osd'], 'silent');
  t.match(mayDisturb(countDown([...monitors, osd], [], ledger), osd, rolling), { kind: 'node', message: 'osd1 is silent: it is silent' });
});

void t.test('at its beginning a node is asked about without its own slot', async (t) => {
  const osd = counted('osd1', ['osd']);
  const own = slot('osd1', { state: 'granted' });
  t.ok(mayDisturb(countDown([...monitors, { ...osd, status: { state: 'updating', message: '' } }], [own], ledger), osd, rolling).isYes);
  const view = countDown(
    [...monitors, { ...osd, status: { state: 'updating', message: '' } }, counted('osd2', ['osd'], 'silent')],
    [own],
    ledger,
  );
  t.match(mayDisturb(view, osd, rolling), { isYes: false, message: 'budget cluster 1 of 1 used: osd2 (silent)' });
});

void t.test('a parallel budget lifts the cluster scope for that rollout, and counts the down nodes of others', async (t) => {
  const osds = ['osd1', 'osd2', 'osd3', 'osd4'].map((name) => counted(name, ['osd']));
  const [first] = osds;
  if (first === undefined) return;
  const parallel: RolloutBudget = { rollout: 'ro-1', mode: 'parallel', budget: 3, isMending: false };
  const two = [slot('osd2'), slot('osd3')];
  t.ok(mayDisturb(countDown([...monitors, ...osds], two, ledger), first, parallel).isYes);
  t.match(mayDisturb(countDown([...monitors, ...osds], two, ledger), first, { ...rolling, rollout: 'ro-2' }), {
    isYes: false,
    kind: 'budget',
  });
  const three = [slot('osd2'), slot('osd3', { rollout: 'ro-2' }), slot('osd4', { rollout: 'ro-2' })];
  t.match(mayDisturb(countDown([...monitors, ...osds], three, ledger), first, parallel), { message: /budget cluster 3 of 3 used/ });
});

void t.test('a rollout keeps to its own budget where the cluster would allow more', async (t) => {
  const osds = ['osd1', 'osd2'].map((name) => counted(name, ['osd']));
  const [first] = osds;
  if (first === undefined) return;
  const view = countDown([...monitors, ...osds], [slot('osd2')], { freezeReason: undefined, budgets: { cluster: 5 } });
  t.match(mayDisturb(view, first, rolling), { isYes: false, kind: 'budget', message: 'rolling rollout 1 of 1 used: osd2 (updating)' });
  t.ok(mayDisturb(view, first, { ...rolling, rollout: 'ro-2' }).isYes);
});

void t.test('a role scope that was set holds for parallel rollouts too', async (t) => {
  const osds = ['osd1', 'osd2', 'osd3'].map((name) => counted(name, ['mds', 'osd']));
  const [first] = osds;
  if (first === undefined) return;
  const budgets = { 'role/osd': 2 };
  const view = countDown([...monitors, ...osds], [slot('osd2'), slot('osd3')], { freezeReason: undefined, budgets });
  t.match(mayDisturb(view, first, { rollout: 'ro-1', mode: 'parallel', budget: 10, isMending: false }), {
    message: 'budget role/osd 2 of 2 used: osd2 (updating), osd3 (updating)',
  });
});

void t.test('no budget whatever breaks the majority of the monitors', async (t) => {
  const [first, second, third] = monitors;
  if (first === undefined || second === undefined || third === undefined) return;
  const wide: RolloutBudget = { rollout: 'ro-1', mode: 'parallel', budget: 100, isMending: false };
  t.ok(mayDisturb(countDown(monitors, [], ledger), first, wide).isYes);
  t.match(mayDisturb(countDown(monitors, [slot('mon2')], ledger), first, wide), {
    isYes: false,
    kind: 'quorum',
    message: /1 of 3 monitors.*needs 2.*mon2/,
  });
  const osd = counted('osd1', ['osd']);
  t.ok(mayDisturb(countDown([...monitors, osd], [slot('mon2')], ledger), osd, wide).isYes, 'an osd takes no monitor away');
  t.match(
    mayDisturb(countDown([...monitors, osd], [slot('mon2'), slot('mon3')], ledger), osd, wide),
    { kind: 'quorum' },
    'nobody is disturbed without a quorum',
  );
});

void t.test('a monitor that was never accepted as one counts for the others all the same: it may be in the quorum', async (t) => {
  const more = (...states: readonly NodeStatus['state'][]): CountedNode[] =>
    states.map((state, index) => ({
      node: node(`mon${index + 4}`, ['mon'], { acceptedRoles: ['osd'] }),
      status: { state, message: '' },
    }));
  const asking = { ...rolling, mode: 'parallel', budget: 9 } as const;
  const ask = (others: readonly CountedNode[], candidate: CountedNode) =>
    mayDisturb(countDown([...monitors, ...others, candidate], [], ledger), candidate, asking);
  const mon1 = monitors[0] ?? counted('mon1', ['mon']);
  t.match(ask(more('ready', 'silent'), mon1), { isYes: true }, '3 of 5 would be up');
  t.strictSame(ask(more('silent', 'silent'), mon1), {
    isYes: false,
    kind: 'quorum',
    message:
      'only 2 of 5 monitors would be up, their quorum needs 3 (down: mon4 (silent), mon5 (silent), mon1 is one, counting all that say that they are one)',
  });
  t.match(ask(more('silent', 'silent'), counted('osd1', ['osd'])), { isYes: true }, 'their word keeps nobody else waiting');
});

void t.test('many names are cut short', async (t) => {
  const down = Array.from({ length: 9 }, (_, index) => counted(`osd${index + 2}`, ['osd'], 'silent'));
  const osd = counted('osd1', ['osd']);
  const verdict = mayDisturb(
    countDown([...monitors, osd, ...down], [], { freezeReason: undefined, budgets: { cluster: 9 } }),
    osd,
    rolling,
  );
  t.match(verdict, { message: 'budget cluster 9 of 9 used: osd2 (silent), osd3 (silent), osd4 (silent) and 6 more' });
});

void t.test('ten thousand questions about ten thousand nodes are answered from one count', async (t) => {
  const many = Array.from({ length: 10_000 }, (_, index) => counted(`n${index}`, ['osd'], index % 100 === 0 ? 'silent' : 'ready'));
  const view = countDown([...monitors, ...many], [], { freezeReason: undefined, budgets: { cluster: 50 } });
  const startedMs = performance.now();
  for (const one of many) mayDisturb(view, one, rolling);
  t.ok(performance.now() - startedMs < 2_000, `took ${Math.round(performance.now() - startedMs)} ms`);
});

const states = ['ready', 'ready', 'ready', 'silent', 'unhealthy', 'cordoned', 'needs-operator', 'quarantined'] as const;
const anyNode = fc.record({
  roles: fc.subarray(['mon', 'osd', 'mds']),
  acceptedRoles: fc.option(fc.subarray(['mon', 'osd']), { nil: undefined, freq: 3 }),
  state: fc.constantFrom(...states),
  slotState: fc.option(fc.constantFrom('granted', 'begun', 'ended'), { nil: undefined, freq: 3 }),
  rollout: fc.constantFrom('ro-1', 'ro-2'),
});

void t.test('a yes never brings any scope above its budget, counted anew and naively', async (t) => {
  const property = fc.property(
    fc.array(anyNode, { minLength: 1, maxLength: 8 }),
    fc.record({
      cluster: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      osd: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    }),
    fc.constantFrom('rolling', 'parallel'),
    fc.integer({ min: 1, max: 6 }),
    fc.boolean(),
    (given, limits, mode, budget, isMending) => {
      const nodes = given.map((one, index) => ({
        ...one,
        counting: new Set([...one.roles, ...(one.acceptedRoles ?? [])]),
        accepted: one.acceptedRoles ?? one.roles,
        node: node(`n${index}`, one.roles, { acceptedRoles: one.acceptedRoles }),
        status: { ...ready, state: one.state },
      }));
      const slots = nodes.flatMap((one): readonly HeldSlot[] =>
        one.slotState === undefined ? [] : [slot(one.node.hostname, { state: one.slotState, rollout: one.rollout })],
      );
      const budgets = {
        ...(limits.cluster === undefined ? {} : { cluster: limits.cluster }),
        ...(limits.osd === undefined ? {} : { 'role/osd': limits.osd }),
      };
      const view = countDown(nodes, slots, { freezeReason: undefined, budgets });
      for (const candidate of nodes) {
        const verdict = mayDisturb(view, candidate, { rollout: 'ro-1', mode, budget, isMending });
        const monitors = nodes.filter(({ accepted }) => accepted.includes('mon'));
        const hasMajority = (down: readonly unknown[]): boolean =>
          monitors.length === 0 || monitors.filter((one) => !down.includes(one)).length * 2 > monitors.length;
        if (!verdict.isYes) {
          const others = nodes.filter((one) => one !== candidate && (one.state !== 'ready' || one.slotState !== undefined));
          // what is only said stops nobody who is no monitor
          if (verdict.kind === 'quorum' && !candidate.counting.has('mon') && hasMajority(others)) return false;
          continue;
        }
        const down = nodes.filter((one) => one === candidate || one.state !== 'ready' || one.slotState !== undefined);
        const cluster = limits.cluster ?? 1;
        const held = down.filter((one) => one === candidate || (one.slotState !== undefined && one.rollout === 'ro-1'));
        const said = nodes.filter((one) => one.counting.has('mon'));
        const saidUp = said.filter((one) => one.roles.includes('mon') && !down.includes(one));
        if (candidate.state !== 'ready' && !(isMending && candidate.state === 'unhealthy')) return false;
        if (down.length > (mode === 'rolling' ? cluster : Math.max(cluster, budget))) return false;
        if (held.length > (mode === 'rolling' ? 1 : budget)) return false;
        if (candidate.counting.has('osd') && limits.osd !== undefined && down.filter((one) => one.counting.has('osd')).length > limits.osd)
          return false;
        if (!hasMajority(down)) return false;
        if (candidate.counting.has('mon') && saidUp.length * 2 <= said.length) return false;
      }
      return true;
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }));
});

void t.test('a count that is kept as nodes change is the one that is made anew', async (t) => {
  const at = fc.record({ index: fc.nat({ max: 4 }), isEnrolled: fc.boolean(), one: anyNode });
  const property = fc.property(fc.array(at, { maxLength: 30 }), (steps) => {
    const count = new BudgetCount();
    const nodes = new Map<string, CountedNode>();
    const slots = new Map<string, HeldSlot>();
    for (const { index, isEnrolled, one } of steps) {
      const { uid, hostname } = node(`n${index}`, []);
      const counted: CountedNode = {
        node: node(hostname, one.roles, { acceptedRoles: one.acceptedRoles }),
        status: { ...ready, state: one.state },
      };
      const removedNode = isEnrolled ? undefined : { hostname, roles: one.roles, addresses: [] };
      const held = one.slotState === undefined ? undefined : slot(hostname, { state: one.slotState, rollout: one.rollout, removedNode });
      count.put(uid, isEnrolled ? counted : undefined, held);
      if (isEnrolled) nodes.set(uid, counted);
      else nodes.delete(uid);
      if (held === undefined) slots.delete(uid);
      else slots.set(uid, held);
    }
    t.same(count.view(ledger), countDown(nodes.values(), slots.values(), ledger));
  });
  t.doesNotThrow(() => fc.assert(property));
});
