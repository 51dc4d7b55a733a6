import t from 'tap';
import { TestAuthority } from '../../support/authority.ts';
import { packageBytes, setScene } from '../../support/push-scene.ts';

const authority = await TestAuthority.create();

await t.test('a push uploads, plans, asks, creates and watches to the end', async (t) => {
  await using scene = await setScene(authority);
  const { code, out, err, terminal } = await scene.operator.run(['push', scene.package, '--role', 'osd', '--rolling'], {
    canAsk: true,
    answers: ['yes'],
  });
  t.equal(code, 0, err);
  t.match(terminal.questions, ['Bring 2.14.17 to 2 nodes, one at a time? [y/N] ']);
  t.match(out, /demo1 +mon mgr +2\.14-16\.20200317 +2\.14\.17\n/);
  t.match(out, /demo3 +osd +2\.14\.17 +- +skipped: has it already/);
  t.match(out, '2 nodes to bring to 2.14.17, 1 skipped, 180.0 MB to fetch in all.');
  t.match(out, 'Would wait now (gate/ceph): osd.2 is down');
  t.match(out, /demo2 +begun, committing 50 %: Replacing 2939 files/);
  t.match(out, 'Rollout ro-1 succeeded (2 of 2 nodes done');
  t.match(scene.created, [
    { spec: { mode: 'ROLLOUT_MODE_ROLLING', selector: { roles: ['osd'], all: false } }, validateOnly: false, requestId: /^[0-9a-f-]{36}$/ },
  ]);
  t.match(scene.uploads.puts, [{ from: 0, contentRange: `bytes 0-${packageBytes.length - 1}/${packageBytes.length}` }]);
});

await t.test('without a terminal and without --yes nothing is sent', async (t) => {
  await using scene = await setScene(authority);
  const { code, out, err } = await scene.operator.run(['push', scene.package, '--all', '--rolling']);
  t.equal(code, 2);
  t.equal(out, '');
  t.match(err, 'there is no terminal to ask for confirmation');
  t.match(err, 'Add --yes');
  t.match(await scene.operator.run(['push', scene.package, '--all', '--rolling', '--json'], { canAsk: true }), { code: 2, err: '--yes' });
  t.match(await scene.operator.run(['push', scene.package, '--all'], { canAsk: true }), { code: 2, err: 'Add --rolling' });
  t.match(await scene.operator.run(['push', scene.package, '--all', '--rolling', '--parallel', '2', '--yes']), {
    code: 2,
    err: 'exclude each other',
  });
  t.match(await scene.operator.run(['push', scene.package, '--rolling', '--yes']), { code: 2, err: 'no nodes are chosen' });
  t.match(await scene.operator.run(['push', scene.package, '--all', '--node', 'demo1', '--rolling', '--yes']), {
    code: 2,
    err: '--all does not go together',
  });
  t.match(await scene.operator.run(['push', scene.package, '--all', '--parallel', '0', '--yes']), { code: 2, err: 'whole number' });
  t.equal(scene.uploads.tickets.length, 0);
});

await t.test('an answer other than yes creates no rollout', async (t) => {
  await using scene = await setScene(authority);
  for (const answer of ['', 'n', 'yep']) {
    t.match(await scene.operator.run(['push', scene.package, '--all', '--rolling'], { canAsk: true, answers: [answer] }), {
      code: 11,
      err: 'No rollout was created',
    });
  }
  t.equal(scene.created.length, 0);
});

const has = (hostname: string) => ({ hostname, toVersion: '2.14.17', skipReason: 'already has 2.14.17', hasRelease: true });
const nothingToDo = [
  { steps: [has('demo3')], says: 'demo3 has 2.14.17 already: nothing to do\n' },
  { steps: ['a', 'b', 'c', 'd'].map(has), says: 'all 4 nodes have 2.14.17 already: nothing to do\n' },
  {
    steps: [has('demo3'), { hostname: 'demo1', skipReason: 'has role mds, the package is for osd' }],
    says: /^demo1 .*for osd$[^]*^1 of 2 nodes have 2\.14\.17 already, it is not for the others: nothing to do$/m,
  },
];
await t.test('a push of what every node has is success in one sentence, without a question and without a rollout', async (t) => {
  for (const { steps, says } of nothingToDo) {
    await using scene = await setScene(authority, [], { steps });
    t.match(await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']), { code: 0, err: 'The package stays' });
    const { code, out, err, terminal } = await scene.operator.run(['push', scene.package, '--all', '--rolling'], { canAsk: true });
    t.equal(code, 0);
    if (typeof says === 'string') t.equal(out, says);
    else t.match(out, says);
    t.notMatch(err, 'stays');
    t.same(terminal.questions, []);
    const asJson = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes', '--json']);
    t.equal(asJson.code, 0);
    t.match(asJson.err, 'nothing to do');
    t.equal(asJson.out.trimEnd().split('\n').length, 2, 'package and plan');
    t.equal(scene.created.length, 0);
  }
});

await t.test('--json prints one object per line and nothing else', async (t) => {
  await using scene = await setScene(authority);
  const { code, out } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes', '--json']);
  t.equal(code, 0);
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  t.match(lines[0], { package: { version: '2.14.17' } });
  t.match(lines[1], { plan: { steps: [{ hostname: 'demo1' }] } });
  t.match(lines[2], { snapshot: { name: 'rollouts/ro-1' }, resumeToken: '1' });
  t.match(lines.at(-1), { rollout: { state: 'ROLLOUT_STATE_SUCCEEDED' } });
  t.same(Object.keys(Object(lines.at(-1))).sort(), ['resumeToken', 'rollout']);
});

await t.test('a push to nodes that are not there sends nothing', async (t) => {
  await using scene = await setScene(authority);
  t.match(await scene.operator.run(['push', scene.package, '--role', 'osx', '--rolling', '--yes']), { code: 3, err: 'the role osx' });
  t.equal(scene.uploads.tickets.length, 0);
});
