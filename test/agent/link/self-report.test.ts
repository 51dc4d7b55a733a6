import t from 'tap';
import { SelfReport } from '../../../agent/link/self-report.ts';
import type { NodeFacts } from '../../../common/facts.ts';

/** A node whose facts are looked at and counted. */
function scene() {
  const node = { nowMs: 0, gathered: 0, diskFreeBytes: 100, rootVersion: 1, failed: [] as readonly string[], isUnreadable: false };
  const facts = (): Promise<NodeFacts> => {
    node.gathered += 1;
    if (node.isUnreadable) return Promise.reject(new Error('the disk is ill'));
    return Promise.resolve({
      distroId: 'debian',
      distroVersion: '12',
      arch: 'arm64',
      board: '',
      agentVersion: '0.2.0',
      uvsVersion: '',
      cephVersion: '',
      kernelVersion: '',
      diskFreeBytes: node.diskFreeBytes,
      diskTotalBytes: 1000,
      bootId: 'boot',
      installed: [],
      daemons: [],
    });
  };
  const report = new SelfReport({
    facts,
    failedServices: () => Promise.resolve(node.failed),
    packageRootVersion: () => Promise.resolve(node.rootVersion),
    nowMs: () => node.nowMs,
  });
  return { node, report };
}

void t.test('heartbeats tell facts once a minute, and only where they have changed', async (t) => {
  const { node, report } = scene();
  t.match(await report.introduction(), { facts: { diskFreeBytes: '100' }, packageRootVersion: 1 });
  const told: unknown[] = [];
  for (node.nowMs = 5_000; node.nowMs <= 180_000; node.nowMs += 5_000) {
    if (node.nowMs === 65_000) node.diskFreeBytes = 90;
    const { facts } = await report.heartbeat();
    if (facts !== null) told.push([node.nowMs, facts?.diskFreeBytes]);
  }
  t.strictSame(told, [[120_000, '90']]);
  t.equal(node.gathered, 4, 'with the hello');
});

void t.test('what the agent itself has changed is told with the next heartbeat', async (t) => {
  const { node, report } = scene();
  await report.introduction();
  Object.assign(node, { diskFreeBytes: 10, rootVersion: 2 });
  t.match(await report.heartbeat(), { facts: null, packageRootVersion: 1 });
  report.outdate();
  t.match(await report.heartbeat(), { facts: { diskFreeBytes: '10' }, packageRootVersion: 2 });
  report.rootFollowed(3);
  t.match(await report.heartbeat(), { facts: null, packageRootVersion: 3 });
});

void t.test('every heartbeat says which services do not run', async (t) => {
  const { node, report } = scene();
  await report.introduction();
  node.failed = ['ceph-osd@1.service'];
  t.strictSame((await report.heartbeat()).failedServices, ['ceph-osd@1.service']);
});

void t.test('evidence of health is of this moment', async (t) => {
  const { node, report } = scene();
  await report.introduction();
  node.diskFreeBytes = 5;
  t.match(await report.evidence(), { bootId: 'boot', facts: { diskFreeBytes: '5' }, failedServices: { length: 0 } });
});

void t.test('facts that could not be gathered are gathered for the next heartbeat', async (t) => {
  const { node, report } = scene();
  node.isUnreadable = true;
  await t.rejects(report.introduction(), /the disk is ill/);
  await t.rejects(report.heartbeat(), /the disk is ill/);
  node.isUnreadable = false;
  t.match(await report.heartbeat(), { facts: { diskFreeBytes: '100' } });
});
