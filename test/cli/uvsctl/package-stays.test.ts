import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { TestAuthority } from '../../support/authority.ts';
import { setScene } from '../../support/push-scene.ts';

const authority = await TestAuthority.create();

const beforeTheRollout = [
  { name: 'a plan that is refused', refusals: { plan: new UvsError('TARGET_MISMATCH', 'demo1 has distro debian') }, code: 6 },
  { name: 'a rollout that is refused', refusals: { create: new UvsError('PERMISSION_DENIED', 'olga may not') }, code: 9 },
  { name: 'an answer other than yes', refusals: {}, code: 11 },
] as const;
for (const { name, refusals, code } of beforeTheRollout) {
  await t.test(`${name} leaves the package in the cluster and says what to do with it, once it was uploaded`, async (t) => {
    await using scene = await setScene(authority);
    Object.assign(scene.refusals, refusals);
    const args = name.startsWith('an answer') ? [] : ['--yes'];
    const push = async () =>
      await scene.operator.run(['push', scene.package, '--all', '--rolling', ...args], { canAsk: true, answers: ['n'] });
    const first = await push();
    const [digest = ''] = scene.uploads.packages.keys();
    const id = digest.slice(0, 12);
    t.equal(first.code, code);
    t.match(
      first.err,
      `The package stays in the cluster: \`uvsctl push ${id} …\` tries again without sending it, \`uvsctl packages rm ${id}\``,
    );
    const second = await push();
    t.equal(second.code, code);
    t.notMatch(second.err, 'The package stays', 'it was there before');
    t.notMatch((await scene.operator.run(['push', digest, '--all', '--rolling', ...args], { canAsk: true })).err, 'The package stays');
    t.equal(scene.created.length, 0);
  });
}

await t.test('with --json the remark about a package that stays is on standard error, and the error is its last line', async (t) => {
  await using scene = await setScene(authority);
  scene.refusals.create = new UvsError('BUSY', 'not now');
  const { code, out, err } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes', '--json']);
  t.equal(code, 8);
  t.match(err, 'The package stays in the cluster');
  t.match(JSON.parse(err.trimEnd().split('\n').at(-1) ?? ''), { error: { reason: 'BUSY' } });
  t.same(
    out
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(Object(JSON.parse(line)))),
    [['package'], ['plan']],
  );
});
