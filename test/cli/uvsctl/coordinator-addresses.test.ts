import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import t from 'tap';
import { TestAuthority } from '../../support/authority.ts';
import { eventually } from '../../support/eventually.ts';
import { startFakeCoordinator, type FakeCoordinator } from '../../support/fake-coordinator.ts';
import { sampleRollout } from '../../support/fake-rollout.ts';
import { closedPort } from '../../support/grpc-server.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();

/** A coordinator that knows the coordinators at these addresses. */
async function startCoordinator(known: () => readonly string[], of = authority): Promise<FakeCoordinator> {
  return await startFakeCoordinator(of, {
    'uvs.v1.NodeService': { ListNodes: () => ({ nodes: [] }) },
    'uvs.v1.ClusterService': {
      ListCoordinators: () => ({ coordinators: known().map((grpcAddress, index) => ({ id: `c${index + 1}`, grpcAddress })) }),
    },
  });
}

await t.test('where the coordinator in the credential is gone, the one that it had named is asked', async (t) => {
  await using c2 = await startCoordinator(() => [c2.address]);
  const c1 = await startCoordinator(() => [c1.address, c2.address]);
  await using operator = await makeOperator(await authority.issue('admin/anna', [c1.address]));
  const credential = await readFile(operator.credentialPath, 'utf8');
  t.match(await operator.run(['nodes', 'list']), { code: 0 });
  const path = `${operator.credentialPath}.coordinators`;
  t.same(JSON.parse(await readFile(path, 'utf8')), { cluster: 'test', coordinators: [c1.address, c2.address] });
  t.equal((await stat(path)).mode & 0o777, 0o600);
  const { ino } = await stat(path);
  await operator.run(['nodes', 'list']);
  t.equal((await stat(path)).ino, ino, 'written only where it has changed');
  await c1[Symbol.asyncDispose]();
  t.match(await operator.run(['nodes', 'list']), { code: 0 });
  t.same(JSON.parse(await readFile(path, 'utf8')), { cluster: 'test', coordinators: [c2.address] }, 'who was removed is forgotten');
  t.equal(await readFile(operator.credentialPath, 'utf8'), credential, 'the credential itself stays as it is');
});

await t.test('a watch goes on with a coordinator that the credential does not know', async (t) => {
  const stopped = new AbortController();
  const rollout = sampleRollout(1);
  await using c2 = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* () {
        yield { snapshot: { ...rollout, state: 'ROLLOUT_STATE_SUCCEEDED' }, resumeToken: '2' };
      },
    },
  });
  let hasLearned = false;
  const c1 = await startFakeCoordinator(authority, {
    'uvs.v1.RolloutService': {
      WatchRollout: async function* () {
        yield { snapshot: rollout, resumeToken: '1' };
        await new Promise((resolve) => stopped.signal.addEventListener('abort', resolve, { once: true }));
      },
    },
    'uvs.v1.ClusterService': {
      ListCoordinators: () => {
        hasLearned = true;
        return { coordinators: [{ id: 'c2', grpcAddress: c2.address }] };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [c1.address]));
  const path = `${operator.credentialPath}.coordinators`;
  const watching = operator.run(['rollouts', 'watch', 'ro-1'], { signal: AbortSignal.timeout(20_000) });
  await eventually('it has learned', async () => hasLearned && (await readFile(path, 'utf8').catch(() => '')).includes(c2.address));
  stopped.abort();
  await c1[Symbol.asyncDispose]();
  t.match(await watching, { code: 0, out: /succeeded/ });
});

await t.test('who answers at a kept address has to be a coordinator of the cluster', async (t) => {
  const calls: string[] = [];
  const other = await TestAuthority.create();
  await using impostor = await startFakeCoordinator(other, {
    'uvs.v1.NodeService': {
      ListNodes: () => {
        calls.push('ListNodes');
        return {};
      },
    },
  });
  const gone = `127.0.0.1:${await closedPort()}`;
  await using operator = await makeOperator(await authority.issue('admin/anna', [gone]));
  await writeFile(`${operator.credentialPath}.coordinators`, JSON.stringify({ cluster: 'test', coordinators: [impostor.address] }));
  const { code, err } = await operator.run(['nodes', 'list']);
  t.equal(code, 10);
  t.match(err, gone);
  t.match(err, `${impostor.address} has a certificate of another authority`);
  t.same(calls, []);
});

await t.test('what was kept for another cluster, or is nothing of the kind, is passed over', async (t) => {
  await using c2 = await startCoordinator(() => []);
  const gone = `127.0.0.1:${await closedPort()}`;
  await using operator = await makeOperator(await authority.issue('admin/anna', [gone]));
  for (const text of [
    JSON.stringify({ cluster: 'elsewhere', coordinators: [c2.address] }),
    JSON.stringify({ cluster: 'test', coordinators: ['c2; rm -rf'] }),
    '{',
  ]) {
    await writeFile(`${operator.credentialPath}.coordinators`, text);
    const { code, err } = await operator.run(['nodes', 'list']);
    t.equal(code, 10, text);
    t.match(err, gone);
    t.notMatch(err, c2.address);
  }
});

await t.test('a credential beside which nothing can be written serves as before', async (t) => {
  await using c1 = await startCoordinator(() => [c1.address, '10.0.0.2:7443']);
  await using operator = await makeOperator(await authority.issue('admin/anna', [c1.address]));
  // a folder in the file's place: root, too, cannot write it
  await mkdir(`${operator.credentialPath}.coordinators`);
  await chmod(operator.directory, 0o500);
  t.match(await operator.run(['nodes', 'list']), { code: 0, err: 'No nodes' });
  await chmod(operator.directory, 0o700);
});
