import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { TestAuthority } from '../../support/authority.ts';
import { packageBytes, setScene } from '../../support/push-scene.ts';

const authority = await TestAuthority.create();

await t.test('a package that the cluster has is not sent again', async (t) => {
  await using scene = await setScene(authority);
  t.match(await scene.operator.run(['packages', 'upload', scene.package]), { code: 0, out: 'is uploaded and held by c1' });
  t.match(await scene.operator.run(['packages', 'upload', scene.package]), { code: 0, out: 'The cluster has uvs 2.14.17' });
  t.match(await scene.operator.run(['push', scene.package, '--all', '--parallel', '3', '--reason', 'new', '--yes', '--detach']), {
    code: 0,
    out: 'uvsctl rollouts watch ro-1',
  });
  t.equal(scene.uploads.puts.length, 1);
  t.match(scene.created, [{ spec: { mode: 'ROLLOUT_MODE_PARALLEL', budget: 3, selector: { all: true } } }]);
});

await t.test('an upload that breaks twice goes on where it stopped', async (t) => {
  await using scene = await setScene(authority);
  scene.uploads.breakAfter.push(1_000_000, 500_000);
  const { code, err } = await scene.operator.run(['packages', 'upload', scene.package]);
  t.equal(code, 0, err);
  t.same(
    scene.uploads.puts.map(({ from }) => from),
    [0, 1_000_000, 1_500_000],
  );
  t.match(err, /Upload interrupted .*; going on where it stopped/);
  t.match(err, 'went on from 1.5 MB');
});

await t.test('what the coordinator says of a package is said to the person, with its exit code', async (t) => {
  await using scene = await setScene(authority);
  const refused = { reason: 'KEY_UNKNOWN', message: 'no key that signed this package is trusted', hint: 'Sign it with a trusted key.' };
  scene.uploads.refusals.push(
    { status: 400, body: JSON.stringify(refused) },
    { status: 400, body: JSON.stringify({ error: { ...refused, reason: 'SOMETHING_NEW' } }) },
  );
  const { code, err } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']);
  t.equal(code, 5);
  t.match(err, `uvsctl: ${scene.package}: no key that signed this package is trusted [KEY_UNKNOWN]\nSign it with a trusted key.\n`);
  t.match(await scene.operator.run(['packages', 'upload', scene.package, '--json']), {
    code: 2,
    out: '',
    err: '"reason":"INVALID_ARGUMENT"',
  });
  t.equal(scene.created.length, 0);
});

await t.test('Ctrl-C in an upload says that the same command goes on from there', async (t) => {
  await using scene = await setScene(authority);
  const interrupted = new AbortController();
  scene.uploads.breakAfter.push(100_000);
  scene.uploads.onPut = () => interrupted.abort(new UvsError('CANCELLED', 'interrupted by SIGINT'));
  const { code, err } = await scene.operator.run(['packages', 'upload', scene.package], { signal: interrupted.signal });
  t.equal(code, 11);
  t.match(err, 'Give the command again: it goes on from there.');
});

await t.test('files that are no packages are refused before anything is sent', async (t) => {
  await using scene = await setScene(authority);
  const { operator } = scene;
  const rpm = join(operator.directory, 'x.upd');
  await writeFile(rpm, 'this is no package at all');
  const push = async (path: string) => await operator.run(['push', path, '--all', '--rolling', '--yes']);
  t.match(await push(rpm), { code: 4, err: `uvsctl: ${rpm}: ` });
  for (const bytes of [packageBytes.length - 1, 2_000, 5]) {
    await truncate(scene.package, bytes);
    t.match(await push(scene.package), { code: 4, err: scene.package }, `cut after ${bytes} bytes`);
  }
  t.match(await push(join(operator.directory, 'missing.upd')), { code: 3, err: 'missing.upd' });
  t.match(await push(`${operator.directory}/`), { code: 2, err: 'not a regular file' });
  t.equal(scene.uploads.tickets.length, 0);
});
