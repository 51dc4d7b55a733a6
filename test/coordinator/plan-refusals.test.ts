import t from 'tap';
import type { NodeRecord } from '../../coordinator/domain.ts';
import { planSteps, type PlanQuestion } from '../../coordinator/plan.ts';
import { facts, node, packageRecord } from '../support/domain-records.ts';
import { errorOf } from '../support/failure.ts';
import { installed, mon1, osd10, question, target, withNode } from '../support/plan-scene.ts';

/** Why osd2 can't take the package, by the reason that naming it gives. */
const refusals = [
  { changed: node('osd2', ['osd'], { cordonReason: 'new disk' }), reason: 'NOT_ALLOWED_NOW', message: /cordoned: new disk/ },
  { changed: node('osd2', ['osd'], { facts: undefined }), reason: 'NOT_ALLOWED_NOW', message: /not reported its facts/ },
  { changed: node('osd2', ['osd'], { facts: facts({ arch: 'amd64' }) }), reason: 'TARGET_MISMATCH', message: /architecture amd64.*arm64/ },
  { changed: node('osd2', ['osd'], { facts: facts({ distroId: 'rocky' }) }), reason: 'TARGET_MISMATCH', message: /distro rocky.*debian/ },
  { changed: node('osd2', ['osd'], { facts: facts({ distroVersion: '11' }) }), reason: 'TARGET_MISMATCH', message: /distro version 11/ },
  {
    changed: node('osd2', ['osd'], { facts: facts({ board: 'mars-500' }) }),
    reason: 'TARGET_MISMATCH',
    message: /board mars-500.*mars-400/,
  },
  {
    changed: node('osd2', ['osd'], { facts: installed(18, 'old') }),
    reason: 'RELEASE_NOT_NEWER',
    message: /2\.14\.18 \(release 18\).*release 17/,
  },
  { changed: node('osd2', ['osd'], { facts: installed(3, 'old', 1) }), reason: 'RELEASE_NOT_NEWER', message: /release 1:3/ },
  { changed: node('osd2', ['osd'], { facts: installed(17, 'other') }), reason: 'RELEASE_CONTENT_CHANGED', message: /same release 17/ },
] as const;

void t.test('a node that was named and cannot take the package is an error that names both', async (t) => {
  for (const { changed, reason, message } of refusals) {
    const asked = question({ nodes: ['osd2', 'osd10'] }, { nodes: withNode(changed), pkg: packageRecord({ target }) });
    const error = await errorOf(() => planSteps(asked));
    t.match(error, { reason, message: /^osd2 cannot take uvs 2\.14\.17: / });
    t.match(error, { message });
  }
});

void t.test('a node chosen by its role that cannot take the package is left out with the reason', async (t) => {
  for (const { changed, message } of refusals) {
    const asked = question({ roles: ['osd'] }, { nodes: withNode(changed), pkg: packageRecord({ target }) });
    const planned = planSteps(asked);
    t.strictSame(planned.order, ['uid-osd10']);
    t.match(planned.skipped['uid-osd2'], message);
    t.equal(planned.steps[1]?.skipReason, planned.skipped['uid-osd2']);
  }
});

void t.test('a plan without any node is an error with the reason that all of them share', async (t) => {
  for (const { changed, reason, message } of refusals) {
    const asked = question({ roles: ['osd'] }, { nodes: [changed, mon1], pkg: packageRecord({ target }) });
    t.match(await errorOf(() => planSteps(asked)), { reason, message });
  }
  const mixed = [node('osd2', ['osd'], { cordonReason: 'disk' }), node('osd10', ['osd'], { facts: installed(18, 'x') })];
  t.match(await errorOf(() => planSteps(question({ roles: ['osd'] }, { nodes: mixed }))), {
    reason: 'NOT_ALLOWED_NOW',
    message: /osd2.*osd10/,
  });
});

void t.test('where the reasons differ, what to do is about the one that decided, and each reason is shown by one node', async (t) => {
  const rocky = ['osd2', 'osd3', 'osd4', 'osd5'].map((name) => node(name, ['osd'], { facts: facts({ distroId: 'rocky' }) }));
  const ahead = node('osd6', ['osd'], { facts: installed(18, 'x') });
  const cordoned = node('osd7', ['osd'], { cordonReason: 'disk' });
  const asked = (nodes: readonly NodeRecord[]): PlanQuestion => question({ roles: ['osd'] }, { nodes, pkg: packageRecord({ target }) });
  t.match(await errorOf(() => planSteps(asked([...rocky, ahead, cordoned]))), {
    reason: 'NOT_ALLOWED_NOW',
    message: /: osd7 is cordoned: disk; osd2 has distro rocky[^;]* \(likewise osd3, osd4, osd5\); osd6 has uvs [^;]*$/,
    hint: '"uvsctl node uncordon osd7 --reason …" takes it back in.',
  });
  t.match(await errorOf(() => planSteps(asked([...rocky, ahead]))), {
    reason: 'RELEASE_NOT_NEWER',
    message: /: osd6 has uvs [^;]*; osd2 has distro rocky[^;]* \(likewise osd3, osd4, osd5\)$/,
    hint: 'Only a higher release number replaces an installed one.',
  });
});

void t.test('of nodes that were named all that can not take it are told at once, each with its own reason', async (t) => {
  const nodes = [
    node('osd1', ['osd'], { cordonReason: 'disk' }),
    node('osd2', ['osd'], { facts: facts({ arch: 'amd64' }) }),
    node('osd3', ['osd'], { facts: installed(18, 'x') }),
    osd10,
  ];
  const named = ['osd1', 'osd2', 'osd3', 'osd10'];
  t.match(await errorOf(() => planSteps(question({ nodes: named }, { nodes, pkg: packageRecord({ target }) }))), {
    reason: 'TARGET_MISMATCH',
    message:
      /^3 of the named nodes cannot take uvs 2\.14\.17: osd2 has architecture amd64, [^;]*; osd1 is cordoned: disk; osd3 has uvs 2\.14\.18 [^;]*$/,
    hint: 'Take the package that was built for this node.',
    details: { hostname: 'osd2' },
  });
});

void t.test('what passes does not hide what does not, of the same node', async (t) => {
  const amd64 = facts({ arch: 'amd64' });
  const busy = (uid: string) => (uid === 'uid-osd2' ? { id: 'ro-1', isAborted: false, isPaused: false } : undefined);
  const asked = (given: Partial<NodeRecord>): PlanQuestion =>
    question({ nodes: ['osd2'] }, { nodes: withNode(node('osd2', ['osd'], given)), pkg: packageRecord({ target }), rolloutOf: busy });
  t.match(await errorOf(() => planSteps(asked({ facts: amd64 }))), {
    reason: 'TARGET_MISMATCH',
    message: /: is part of rollout ro-1, which has not ended; it also has architecture amd64, the package is for arm64$/,
    hint: 'Take the package that was built for this node.',
  });
  t.match(await errorOf(() => planSteps(asked({ cordonReason: 'disk' }))), {
    reason: 'NOT_ALLOWED_NOW',
    message: /: is cordoned: disk; it also is part of rollout ro-1, which has not ended$/,
    hint: /uncordon osd2.* Wait for ro-1, or abort it\.$/,
  });
  t.match(
    await errorOf(() => planSteps(asked({ facts: installed(17, 'new') }))),
    { reason: 'NOT_ALLOWED_NOW', message: /: is part of rollout ro-1, which has not ended$/ },
    'what it has may be about to change',
  );
});

void t.test('an error about ten thousand nodes names a few of each kind', async (t) => {
  const nodes = Array.from({ length: 10_000 }, (_none, index) => node(`n${index}`, ['osd'], { cordonReason: `reason ${index % 7}` }));
  const { message } = await errorOf(() => planSteps(question({ all: true }, { nodes })));
  t.match(message, /: n0 is cordoned: reason 0 \(likewise n7, n14, n21 and 1425 more\); n1 .*; n4 [^;]*; and 2856 more$/);
});

void t.test('where one lacks the release and cannot take it, that is the error, however many have it', async (t) => {
  const having = ['osd3', 'osd4', 'osd5', 'osd6'].map((name) => node(name, ['osd'], { facts: installed(17, 'new') }));
  for (const { changed, reason, message } of refusals.filter(({ reason }) => reason !== 'TARGET_MISMATCH')) {
    const error = await errorOf(() => planSteps(question({ roles: ['osd'] }, { nodes: [...having, changed] })));
    t.match(error, { reason, message });
    t.match(error, { message: /2\.14\.17: osd2 .*; of the 5 selected, 4 already have it$/ });
  }
});
