import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { CoordinatorClient } from '../../../common/rpc/client.ts';
import { eventually } from '../../support/eventually.ts';
import { definition } from '../../support/grpc-server.ts';
import { makeCluster } from '../../support/running-cluster.ts';

void t.test('whoever asks many times at once what a root file would stop has one answer made at a time, and is told so', async (t) => {
  await using cluster = await makeCluster();
  await using running = await cluster.run();
  t.ok(running);
  const admin = cluster.client();
  await eventually('c1 leads', async () => (await admin.call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader !== null);
  const { packageRoot } = await admin.call('uvs.v1.PackageService', 'GetPackageRoot', {});
  const rootChain = packageRoot?.rootChain ?? Buffer.alloc(0);
  using vera = new CoordinatorClient(await cluster.credential('viewer', 'vera'), { definition });
  const check = () => vera.call('uvs.v1.PackageService', 'CheckPackageRoot', { rootChain }, { deadlineMs: 30_000 });
  t.match(await check(), { version: 1, stoppedRollouts: { length: 0 } });
  const said = await Promise.all(
    Array.from({ length: 200 }, () =>
      check().then(
        () => 'answered',
        (error: unknown) => (error instanceof UvsError ? error.reason : 'other'),
      ),
    ),
  );
  t.same(new Set(said), new Set(['answered', 'TOO_MANY']));
});
