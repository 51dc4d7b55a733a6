import t from 'tap';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();

await t.test('what a gate has set and can not take back is listed with why, and with what to look for', async (t) => {
  const stuck = {
    node: 'nodes/u1',
    hostname: 'demo158',
    operation: 'operations/op-1',
    set: { ceph: '{"noout":["demo158"]}' },
    since: { seconds: 0, nanos: 0 },
    reason: 'EACCES',
  };
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.GateService': {
      ListGates: () => ({ gates: [{ name: 'gates/ceph', kind: 'ceph' }], stuckDrains: [stuck], stuckDrainsTotal: 140 }),
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { code, out } = await operator.run(['gates', 'list']);
  t.equal(code, 0);
  t.match(out, /^ceph +ceph +not asked yet/m);
  t.match(
    out,
    /^Set, and can't be taken back, for 140 nodes, the oldest 1 of them:\n {2}demo158, since 1970-01-01T00:00:00Z, for op-1: EACCES$/m,
  );
  t.match(out, /^ {4}ceph: \{"noout":\["demo158"\]\}$/m);
  t.match(JSON.parse((await operator.run(['gates', 'list', '--json'])).out), {
    stuckDrains: [{ hostname: 'demo158' }],
    stuckDrainsTotal: 140,
  });
});
