import * as fc from 'fast-check';
import t from 'tap';
import type { NodeFacts } from '../../common/facts.ts';
import type { Demands } from '../../coordinator/demands.ts';
import type { NodeRecord, Selector } from '../../coordinator/domain.ts';
import { byRank, demandWork, planSteps } from '../../coordinator/plan.ts';
import { unsaidBlockers } from '../../coordinator/restartable.ts';
import { facts, node, packageRecord } from '../support/domain-records.ts';
import { errorOf } from '../support/failure.ts';
import { installed, mds1, mon1, mon2, osd2, question, target, withNode } from '../support/plan-scene.ts';

void t.test('nodes come by their first role, then by name as people count', async (t) => {
  const planned = planSteps(question({ all: true }));
  t.strictSame(
    planned.steps.map((step) => step.node.hostname),
    ['mon1', 'mon2', 'mon3', 'osd2', 'osd10', 'mds1', 'gw1'],
  );
  t.strictSame(
    planned.order,
    planned.steps.map((step) => step.node.uid),
  );
  t.equal(planned.fetchBytes, 7 * 1000);
  t.match(planned.steps[0], { fromVersion: '2.14.16', toVersion: '2.14.17', skipReason: undefined });
});

void t.test('the order is total and does not depend on the order of the input', async (t) => {
  const anyNodes = fc.uniqueArray(
    fc.record({
      name: fc.string({ unit: fc.constantFrom('a', 'A', '1', '10', '-', 'é'), maxLength: 4 }),
      role: fc.constantFrom('mon', 'osd', 'x'),
    }),
    { selector: (one) => one.name, maxLength: 8 },
  );
  const isSameOrder = fc.property(anyNodes, fc.infiniteStream(fc.nat(7)), (given, dice) => {
    const nodes = given.map((one) => node(one.name, [one.role]));
    const shuffled = nodes.map((one) => ({ one, key: dice.next().value })).sort((a, b) => a.key - b.key);
    const names = (list: readonly NodeRecord[]): string =>
      list
        .toSorted((left, right) => byRank(left, right))
        .map((one) => one.uid)
        .join();
    return names(nodes) === names(shuffled.map(({ one }) => one));
  });
  t.doesNotThrow(() => fc.assert(isSameOrder));
});

void t.test(
  'a node whose files are a mixture of the very release that it has is left out with that, and is no reason to say that there is nothing to do',
  async (t) => {
    const has = installed(17, packageRecord().manifestHash);
    const planOf = (more: Partial<NodeFacts>) => {
      const mixed = node('osd2', ['osd'], { facts: { ...has, mixture: 'since op-7 it is of two releases', ...more } });
      return planSteps(question({ all: true }, { nodes: withNode(mixed) })).steps.find((step) => step.node === mixed);
    };
    t.match(planOf({ mixedReleases: [packageRecord().manifestHash] }), {
      isInstalled: false,
      skipReason: 'counts 2.14.17 as installed, and its files are a mixture: since op-7 it is of two releases',
    });
    t.match(planOf({}), {
      isInstalled: false,
      skipReason: /some of its files are a mixture, .* \(its agent is too old to say which\): since op-7/,
    });
    t.match(planOf({ mixedReleases: ['another'] }), { isInstalled: true, skipReason: 'already has 2.14.17' });
    const alone = [node('osd2', ['osd'], { facts: { ...has, mixture: 'since op-7', mixedReleases: [packageRecord().manifestHash] } })];
    t.match(await errorOf(() => planSteps(question({ all: true }, { nodes: alone }))), {
      message: /^none of the selected nodes can take uvs 2\.14\.17: osd2 counts 2\.14\.17 as installed, and its files are a mixture/,
      hint: /push the release that was to come, or a newer full one/,
    });
  },
);

void t.test(
  'nodes that have told that they do not restart a unit are left out of its plan, and of those that have not told it is said so',
  async (t) => {
    const goal = { kind: 'restart' as const, units: ['ceph-osd@*.service', 'nginx.service'] };
    const told = new Map([
      ['uid-osd2', ['nginx.service']],
      ['uid-osd10', ['nfs-ganesha.service']],
    ]);
    const asked = (selector: Partial<Selector>) => {
      const { spec } = question(selector);
      return question(selector, { pkg: undefined, spec: { ...spec, goal }, restartableOf: (uid) => told.get(uid) });
    };
    const planned = planSteps(asked({ roles: ['osd', 'iscsi'] }));
    t.strictSame(planned.order, ['uid-osd2', 'uid-gw1'], 'the other has not told');
    t.strictSame(planned.skipped, {
      'uid-osd10': 'does not restart nginx.service: `services` in its agent.toml names nfs-ganesha.service',
    });
    told.set('uid-osd10', []);
    t.match(await errorOf(() => planSteps(asked({ nodes: ['osd10'] }))), {
      reason: 'TARGET_MISMATCH',
      message: /osd10 cannot do this: restart .*: does not restart nginx\.service: `services` in its agent\.toml names none$/,
    });
    const nodes = [...told].map(([hostname, named]) => ({ hostname, named }));
    t.strictSame(unsaidBlockers(goal, nodes), []);
    t.match(unsaidBlockers(goal, [...nodes, { hostname: 'mds1', named: undefined }]), [
      { kind: 'units', message: /^whether nginx\.service may be restarted is not known of mds1: / },
    ]);
    const cephAlone = { ...goal, units: ['ceph-osd@*.service'] };
    t.strictSame(unsaidBlockers(cephAlone, [{ hostname: 'mds1', named: undefined }]), []);
  },
);

void t.test('a node of a rollout that is paused is left out with that: nobody has to wait for its end', async (t) => {
  const rolloutOf = () => ({ id: 'ro-1', isAborted: false, isPaused: true });
  t.match(await errorOf(() => planSteps(question({ nodes: ['osd2'] }, { rolloutOf }))), {
    reason: 'NOT_ALLOWED_NOW',
    message: /osd2 cannot take .*: is part of rollout ro-1, which is paused$/,
    hint: '"uvsctl rollouts show ro-1" says why: resume it and wait, or abort it.',
  });
});

void t.test('a node that already has the release is left out, named or not', async (t) => {
  const has = node('osd2', ['osd'], { facts: installed(17, 'new') });
  const planned = planSteps(question({ nodes: ['osd2', 'osd10'] }, { nodes: withNode(has) }));
  t.strictSame(planned.order, ['uid-osd10']);
  t.equal(planned.skipped['uid-osd2'], 'already has 2.14.17');
  t.match(planned.steps, [{ isInstalled: false }, { isInstalled: true }]);
});

void t.test('where the release is everywhere that it is for, the plan is empty, and no rollout begins', async (t) => {
  const nodes = [node('osd2', ['osd'], { facts: installed(17, 'new') }), node('osd10', ['osd'], { facts: installed(17, 'new') }), mds1];
  const pkg = packageRecord({ target: { ...target, roles: ['osd'] } });
  for (const selector of [{ nodes: ['osd2'] }, { roles: ['osd'] }, { all: true }]) {
    const planned = planSteps(question(selector, { nodes, pkg }));
    t.strictSame(planned.order, []);
    const step = planned.steps.find((one) => one.node.hostname === 'osd2');
    t.match(step, { isInstalled: true, skipReason: 'already has 2.14.17' });
    t.match(await errorOf(() => demandWork(planned.steps)), { reason: 'RELEASE_NOT_NEWER', message: /already has 2\.14\.17/ });
  }
  t.doesNotThrow(() => demandWork(planSteps(question({ all: true })).steps));
});

void t.test('a package for a role is refused by nodes without it', async (t) => {
  const pkg = packageRecord({ target: { ...target, roles: ['osd'] } });
  t.match(await errorOf(() => planSteps(question({ nodes: ['mds1'] }, { pkg }))), { reason: 'TARGET_MISMATCH', message: /role mds.*osd/ });
  t.strictSame(planSteps(question({ all: true }, { pkg })).order, ['uid-osd2', 'uid-osd10']);
});

void t.test('a partial package needs its base', async (t) => {
  const pkg = packageRecord({ isPartial: true, base: 'base-hash' });
  const has = node('osd2', ['osd'], { facts: installed(16, 'base-hash') });
  const planned = planSteps(question({ roles: ['osd'] }, { pkg, nodes: withNode(has) }));
  t.strictSame(planned.order, ['uid-osd2']);
  t.match(planned.skipped['uid-osd10'], /partial package/);
  t.match(await errorOf(() => planSteps(question({ nodes: ['osd10'] }, { pkg }))), { reason: 'BASE_MISMATCH' });
});

void t.test('nodes that do not meet what a release demands are left out of its plan, as they would refuse it', async (t) => {
  const nodes = [
    node('osd2', ['osd'], { facts: { ...installed(16, 'old'), agentVersion: '0.2.0' } }),
    node('osd10', ['osd'], { facts: { ...installed(16, 'before'), agentVersion: '0.10.1' } }),
    node('osd11', ['osd'], { facts: { ...installed(16, 'before'), agentVersion: '' } }),
  ];
  const plan = (demands: Partial<Demands>, selector: Partial<Selector> = { roles: ['osd'] }) =>
    planSteps(question(selector, { pkg: packageRecord({ demands: { minAgent: '0.1.0', requires: [], undone: [], ...demands } }), nodes }));
  const { order, skipped } = plan({ minAgent: '0.9.0' });
  t.strictSame(order, ['uid-osd10']);
  t.strictSame(skipped, {
    'uid-osd2': 'has agent 0.2.0, the package needs 0.9.0 or later',
    'uid-osd11': 'has an agent of no known version, the package needs 0.9.0 or later',
  });
  const after = plan({ requires: ['before', 'another'] });
  t.strictSame(after.order, ['uid-osd10']);
  t.match(after.skipped['uid-osd2'], /^does not have any of the releases that this package must come after \(manifest before, another\)$/);
  const named = await errorOf(() => plan({ requires: ['another'] }, { nodes: ['osd10'] }));
  t.match(named, { reason: 'BASE_MISMATCH', message: /osd10 cannot take uvs 2\.14\.17: does not have the release/ });
  const rebooting = await errorOf(() => plan({ undone: ['reboot'] }));
  t.match(rebooting, { reason: 'AGENT_TOO_OLD', message: /reboots no node as a part of a release/, hint: /uvsctl reboot/ });
});

void t.test('of several components all must go forward', async (t) => {
  const pkg = packageRecord({ components: { uvs: { epoch: 0, releaseSeq: 17 }, kernel: { epoch: 0, releaseSeq: 4 } } });
  const has = (kernelSeq: number): NodeRecord =>
    node('osd2', ['osd'], {
      facts: facts({
        installed: [
          { component: 'uvs', version: '2.14.16', epoch: 0, releaseSeq: 16, manifestHash: 'a' },
          { component: 'kernel', version: '6.1', epoch: 0, releaseSeq: kernelSeq, manifestHash: 'b' },
        ],
      }),
    });
  t.strictSame(planSteps(question({ nodes: ['osd2'] }, { pkg, nodes: withNode(has(3)) })).order, ['uid-osd2']);
  t.match(await errorOf(() => planSteps(question({ nodes: ['osd2'] }, { pkg, nodes: withNode(has(5)) }))), {
    reason: 'RELEASE_NOT_NEWER',
    message: /kernel/,
  });
});

void t.test('a node of another rollout that has not ended is refused with its name', async (t) => {
  const taken = (isAborted: boolean) => (uid: string) => (uid === 'uid-osd2' ? { id: 'ro-7', isAborted, isPaused: false } : undefined);
  const rolloutOf = taken(false);
  t.match(await errorOf(() => planSteps(question({ nodes: ['osd2'] }, { rolloutOf }))), { reason: 'NOT_ALLOWED_NOW', message: /ro-7/ });
  t.match(await errorOf(() => planSteps(question({ nodes: ['osd2'] }, { rolloutOf: taken(true) }))), {
    message: /is not done with the aborted rollout ro-7/,
    hint: /rollouts show ro-7.*other nodes may be named without it/,
  });
  t.strictSame(planSteps(question({ roles: ['osd'] }, { rolloutOf })).order, ['uid-osd10']);
});

void t.test('where fewer than three monitors exist a monitor is not waited for in vain', async (t) => {
  const small = [mon1, mon2, osd2];
  t.match(await errorOf(() => planSteps(question({ nodes: ['mon1'] }, { nodes: small }))), {
    reason: 'NOT_ALLOWED_NOW',
    message: /one of 2 monitors/,
  });
  t.strictSame(planSteps(question({ all: true }, { nodes: small })).order, ['uid-osd2']);
});

void t.test('nodes whose SSD is away, whose agent knows of none, or which do not stop a unit are left out of a migration', async (t) => {
  const goal = { kind: 'migration' as const, act: 'migrate' as const, directory: '/var/log', units: ['nginx.service'] };
  const states = { osd1: 'mounted', osd2: 'lost', osd3: 'none', osd4: undefined, osd5: 'misaligned' } as const;
  const nodes = Object.entries(states).map(([hostname, state]) =>
    node(hostname, ['osd'], { facts: facts(state === undefined ? {} : { m2: { state, message: '' } }) }),
  );
  const planned = (act: 'migrate' | 'undo' | 'confirm') => {
    const { spec } = question({ all: true });
    const restartableOf = (uid: string) => (uid === 'uid-osd5' ? [] : ['nginx.service']);
    return planSteps(question({ all: true }, { nodes, pkg: undefined, spec: { ...spec, goal: { ...goal, act } }, restartableOf }));
  };
  t.strictSame(planned('migrate').order, ['uid-osd1']);
  t.match(planned('migrate').skipped, {
    'uid-osd2': /^has no SSD on \/m2 that works \(lost\)$/,
    'uid-osd3': /^has no SSD on \/m2 that works \(none\)$/,
    'uid-osd4': /^tells of no SSD on \/m2: its agent \(.*\) is too old/,
    'uid-osd5': /^does not stop nginx\.service: `services` in its agent\.toml names none$/,
  });
  t.notOk(planned('confirm').order.includes('uid-osd2'), 'nor is the old directory removed while nobody can look at the copy');
  t.ok(planned('undo').order.includes('uid-osd2'), 'without its SSD a node can go back to the old directory');
});
