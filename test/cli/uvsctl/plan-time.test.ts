import t from 'tap';
import type { Package } from '../../../proto/gen/uvs/v1/Package.ts';
import type { PlanRolloutResponse } from '../../../proto/gen/uvs/v1/PlanRolloutResponse.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();
const digest = 'a'.repeat(64);

/** What `uvsctl plan` says of such a plan. */
async function shown(plan: Partial<PlanRolloutResponse>, more: Partial<Package> = {}): Promise<string> {
  const steps = [{ hostname: 'demo1', roles: ['mon'], toVersion: '2.14.17' }];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.PackageService': { GetPackage: () => ({ package: { name: `packages/${digest}`, digest, version: '2.14.17', ...more } }) },
    'uvs.v1.RolloutService': { PlanRollout: () => ({ steps, ...plan }) },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { code, out, err } = await operator.run(['plan', '2.14.17', '--all', '--rolling']);
  t.equal(code, 0, err);
  return out;
}

const mon = { name: 'mon', nodes: 1, atOnce: 1 };

await t.test('a plan says how long staging takes at the rate that is set, and what is not in the time that the nodes take', async (t) => {
  const waves = [{ ...mon, expectedSeconds: 40 }];
  const out = await shown({ fetchBytes: '180000000', serveBytesPerSecond: '1000000', stagingSeconds: 180, waves });
  t.match(out, /180\.0 MB to fetch in all\.\nStaging takes about 3 min 00 s at 1\.0 MB a second\.\nOrder: 1 mon\./u);
  t.match(out, 'About 40 s at the pace of the last rollouts, without staging and waits at gates.');
});

await t.test('a plan says whether the time has the release’s own tasks in it, and else what their limits are', async (t) => {
  const waves = [{ ...mon, expectedSeconds: 40 }];
  t.match(
    await shown({ waves, taskLimitSeconds: 600 }),
    /pace of the last rollouts, without waits at gates\. The release's own tasks, which those did not have, may take up to 10 min 00 s on each node, by their limits\./,
  );
  t.match(
    await shown({ waves, taskLimitSeconds: 600, paceOfRelease: true }),
    'About 40 s at the pace of nodes that have done this very one, its tasks included, without waits at gates.',
  );
  t.match(
    await shown({ waves: [mon], taskLimitSeconds: 600 }),
    /the first rollout of this kind will show; the release's own tasks may take up to 10 min 00 s on each node, by their limits\./,
  );
  t.notMatch(await shown({ waves }), 'tasks');
});

await t.test('a plan says that no limit is set', async (t) => {
  const out = await shown({ fetchBytes: '180000000', serveBytesPerSecond: '0', waves: [{ ...mon, expectedSeconds: 40 }] });
  t.match(out, '\nStaging takes what the network gives: no limit is set (serve_bytes_per_second).\n');
});

await t.test('before the first rollout of a kind nobody knows how long it takes, and the plan says so', async (t) => {
  const out = await shown({ waves: [{ ...mon, expectedSeconds: 40 }, mon] });
  t.match(out, 'Order: 1 mon; 1 mon. How long that takes, the first rollout of this kind will show.');
  t.notMatch(out, 'Staging', 'nothing is fetched');
});

await t.test('the wait for an approval is in no time that is expected', async (t) => {
  const waves = [{ ...mon, name: 'canary', needsApproval: true, expectedSeconds: 40 }];
  t.match(await shown({ fetchBytes: '1', waves }), 'without staging, waits at gates and approval.');
});

await t.test('a plan says about how many nodes the gates were asked, and that the others are in their turn', async (t) => {
  const steps = ['demo1', 'demo2', 'demo3'].map((hostname) => ({ hostname, roles: ['osd'], toVersion: '2.14.17' }));
  const blockers = [{ kind: 'gate/ceph', message: 'demo2: osd.2 is down' }];
  const out = await shown({ steps, blockers, gatesAsked: 2 });
  t.match(
    out,
    'The gates were asked about the first 2 nodes; about the other one they are in their turn.\nWould wait now (gate/ceph): demo2: osd.2 is down',
  );
  t.match(await shown({ steps, gatesAsked: 3 }), 'The gates were asked about all 3 nodes, and are again');
  t.notMatch(await shown({ steps }), 'gates were asked');
});

await t.test('a wave of all nodes is told as nodes', async (t) => {
  const waves = [{ ...mon, name: 'all', nodes: 2, atOnce: 2, expectedSeconds: 40 }];
  t.match(await shown({ fetchBytes: '0', waves }), 'Order: 2 nodes, 2 at a time.');
});

await t.test('a plan names what of the package gives more rights to whoever runs it', async (t) => {
  const privileged = ['/usr/bin/ping: setuid, of 0:0'];
  t.match(await shown({}, { privileged, privilegedCount: 1 }), /\nBrings \/usr\/bin\/ping: setuid, of 0:0\n$/);
  t.match(await shown({}, { privileged, privilegedCount: 7 }), 'Brings … and 6 more; `upd inspect` lists them all\n');
  t.notMatch(await shown({}), 'Brings');
});
