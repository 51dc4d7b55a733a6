import t from 'tap';
import type { WayBack } from '../../common/facts.ts';
import type { NodeRecord, RolloutSpec, Selector } from '../../coordinator/domain.ts';
import { planSteps } from '../../coordinator/plan.ts';
import { withRelease } from '../../coordinator/way-back.ts';
import { facts, node, rolloutSpec } from '../support/domain-records.ts';
import { errorOf } from '../support/failure.ts';

const hash = (seq: number): string => String(seq).repeat(64).slice(0, 64);

function way(seq: number, refusal = ''): WayBack {
  return { manifestHash: hash(seq), version: `2.14.${seq}`, toVersion: `2.14.${seq - 1}`, sizeBytes: 1, refusal };
}

/** A node that has a release, and what it tells of the way back. */
function having(hostname: string, seq: number, releases: readonly WayBack[], why = ''): NodeRecord {
  const installed = [{ component: 'uvs', version: `2.14.${seq}`, epoch: 0, releaseSeq: seq, manifestHash: hash(seq) }];
  return node(hostname, ['osd'], { facts: facts({ installed, waysBack: { releases, why } }) });
}

const able = having('osd1', 17, [way(17)]);
const alsoAble = having('osd2', 17, [way(17)]);
const behind = having('osd3', 16, [way(16)]);
const barred = having('osd4', 17, [way(17, 'OSDs of 17 write a new format')]);
const bare = having('osd5', 17, [], 'it was given up to make room for 2.14.17');
const old = node('osd6', ['osd'], { facts: facts({ agentVersion: '0.0.9' }) });

function plan(nodes: readonly NodeRecord[], release: string, selector: Partial<Selector> = { all: true }) {
  const whole = { all: false, nodes: [], roles: [], labels: {}, ...selector };
  const asked: RolloutSpec = rolloutSpec({ selector: whole, goal: { kind: 'rollback', release, version: '' } });
  const spec = withRelease(nodes, asked);
  return { spec, planned: planSteps({ nodes, pkg: undefined, spec, rolloutOf: () => undefined, leaderHost: undefined }) };
}

void t.test('the one release that the chosen nodes could take back need not be named, and each goes back to what it had', (t) => {
  const { spec, planned } = plan([able, alsoAble], '');
  t.strictSame(spec.goal, { kind: 'rollback', release: hash(17), version: '2.14.17' });
  t.strictSame(planned.order, ['uid-osd1', 'uid-osd2']);
  t.match(planned.steps, [{ fromVersion: '2.14.17', toVersion: '2.14.16' }, { fromVersion: '2.14.17' }]);
  t.end();
});

void t.test('of a rollout that was given up half-way nobody goes back two releases', async (t) => {
  const nodes = [able, alsoAble, behind];
  t.match(await errorOf(() => plan(nodes, '')), {
    reason: 'INVALID_ARGUMENT',
    message:
      'it is not said which release is to be taken back; the selected nodes have 2.14.17 on 2 nodes (back to 2.14.16), 2.14.16 on 1 node (back to 2.14.15)',
    hint: 'Name it: uvsctl rollback RELEASE …; nodes that do not have it are left as they are.',
  });
  for (const name of ['2.14.17', hash(17), hash(17).slice(0, 12)]) {
    const { planned } = plan(nodes, name);
    t.strictSame(planned.order, ['uid-osd1', 'uid-osd2'], name);
    t.strictSame(planned.skipped, { 'uid-osd3': 'does not have 2.14.17' });
  }
});

void t.test('a release that nobody has is answered for all nodes at once, with what they have', async (t) => {
  t.match(await errorOf(() => plan([able, alsoAble, behind, old], '9.9.9')), {
    reason: 'NO_WAY_BACK',
    message: 'none of the selected nodes has 9.9.9: they have 2.14.17 on 2 nodes, 2.14.16 on 1 node',
  });
  // the release before is what operators name by mistake
  t.match(await errorOf(() => plan([able], '2.14.16')), {
    message: /has 2\.14\.16: they have 2\.14\.17 on 1 node$/,
    hint: /not the one before it/,
  });
  t.match(await errorOf(() => plan([bare, barred], '2.14.17').planned), {
    reason: 'NO_WAY_BACK',
    message: /OSDs of 17 write a new format/,
  });
});

void t.test('a release that is not named is never another than the last one of all nodes', async (t) => {
  const said = (nodes: readonly NodeRecord[]) =>
    errorOf(() => plan(nodes, '')).then(({ message }) => message.replace(/^.*nodes have /, ''));
  // the one that failed can't be taken back where it is; the one before it could
  t.equal(await said([bare, behind]), '2.14.16 on 1 node (back to 2.14.15), 2.14.17 on 1 node (no way back)');
  const two = [
    { component: 'local', version: 'local-5', epoch: 0, releaseSeq: 5, manifestHash: hash(5) },
    ...(able.facts?.installed ?? []),
  ];
  const both = node('osd7', ['osd'], { facts: facts({ installed: two, waysBack: { releases: [way(17)], why: '' } }) });
  t.equal(await said([both]), 'local-5 on 1 node (no way back), 2.14.17 on 1 node (back to 2.14.16)', 'which came last is not known');
  const fresh = node('osd8', ['osd'], { facts: facts({ installed: [], waysBack: { releases: [], why: '' } }) });
  t.equal(await said([able, fresh]), '2.14.17 on 1 node (back to 2.14.16), none that is known on 1 node');
  t.equal(await said([able, node('osd9', ['osd'])]), '2.14.17 on 1 node (back to 2.14.16), none that is known on 1 node');
  const further = having('osd10', 17, [{ ...way(17), toVersion: '2.14.9' }]);
  t.equal(await said([able, alsoAble, further]), '2.14.17 on 3 nodes (back to 2.14.16 or 2.14.9)');
  const rebuilt = node('osd11', ['osd'], {
    facts: facts({
      installed: [{ component: 'uvs', version: '2.14.17', epoch: 0, releaseSeq: 99, manifestHash: 'a'.repeat(64) }],
      waysBack: { releases: [], why: '' },
    }),
  });
  t.equal(
    await said([able, rebuilt]),
    `2.14.17 (${hash(17).slice(0, 12)}) on 1 node (back to 2.14.16), 2.14.17 (aaaaaaaaaaaa) on 1 node (no way back)`,
  );
  const many = Array.from({ length: 9 }, (_, index) => having(`n${index}`, index + 20, [way(index + 20)]));
  t.equal(
    await said([able, alsoAble, bare, barred, behind]),
    '2.14.17 on 4 nodes (back to 2.14.16; no way back on 2), 2.14.16 on 1 node (back to 2.14.15)',
  );
  t.equal(await said([barred, behind]), '2.14.16 on 1 node (back to 2.14.15), 2.14.17 on 1 node (no way back)');
  t.match(await said(many), /2\.14\.24 on 1 node \(back to 2\.14\.23\), 4 more$/);
  t.strictSame(plan([able, barred, bare], '').spec.goal, { kind: 'rollback', release: hash(17), version: '2.14.17' }, 'all have it');
  for (const nodes of [[bare, able, behind], [both], [able, fresh], [able, further]])
    t.strictSame(plan(nodes, '2.14.17').spec.goal, { kind: 'rollback', release: hash(17), version: '2.14.17' }, 'with its name');
});

void t.test('a node that can not go back is left out with the reason, or refused where it was named', async (t) => {
  const nodes = [able, barred, bare, old];
  const { planned } = plan(nodes, '2.14.17');
  t.strictSame(planned.order, ['uid-osd1']);
  t.strictSame(planned.skipped, {
    'uid-osd4': "can't go back from 2.14.17: OSDs of 17 write a new format",
    'uid-osd5': 'retains nothing of before 2.14.17: it was given up to make room for 2.14.17',
    'uid-osd6': "has an agent (0.0.9) that can't go back",
  });
  for (const [name, reason] of [
    ['osd4', 'NO_WAY_BACK'],
    ['osd5', 'NO_WAY_BACK'],
    ['osd6', 'AGENT_TOO_OLD'],
  ] as const) {
    t.match(await errorOf(() => plan(nodes, '2.14.17', { nodes: ['osd1', name] })), {
      reason,
      message: new RegExp(`^${name} cannot take back 2`),
    });
  }
  t.match(await errorOf(() => plan([barred], '')), {
    reason: 'NO_WAY_BACK',
    message: /osd4 can't go back from 2\.14\.17: OSDs of 17 write/,
  });
});

void t.test('where nobody can go back it is said why', async (t) => {
  t.match(await errorOf(() => plan([barred, behind], '2.14.17')), {
    message: /osd4 can't go back .*; of the 2 selected, 1 do not have it$/,
  });
  t.match(await errorOf(() => plan([old], '')), { reason: 'AGENT_TOO_OLD', message: /agents are too old, or away/ });
  t.match(await errorOf(() => plan([bare], '')), { reason: 'NO_WAY_BACK', message: /osd5: it was given up to make room/ });
  t.match(await errorOf(() => plan([able], '2.14.99')), {
    reason: 'NO_WAY_BACK',
    message: /has 2\.14\.99: they have 2\.14\.17 on 1 node$/,
  });
});
