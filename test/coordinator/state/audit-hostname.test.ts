import t from 'tap';
import { auditHostname } from '../../../coordinator/state/audit-hostname.ts';
import { node, slot, stepRecord } from '../../support/domain-records.ts';

const enrolled = node('demo154', ['osd']);
const gone = { ...slot('demo155'), removedNode: { hostname: 'demo155', roles: ['osd'], addresses: [] } };
const mirror = { nodes: new Map([[enrolled.uid, enrolled]]), slots: new Map([[gone.uid, gone]]) };
const about = (resource: string, actor = 'operator/alice', changes: Parameters<typeof auditHostname>[2] = []) =>
  auditHostname({ resource, actor }, mirror, changes);

void t.test('an entry of the audit log has the name of the node that it is about, or that wrote it', async (t) => {
  t.equal(about(`nodes/${enrolled.uid}`), 'demo154');
  t.equal(about(`rollouts/ro-1/steps/${enrolled.uid}`, 'coordinator'), 'demo154');
  t.equal(about('cluster', `node/${enrolled.uid}`), 'demo154');
  t.equal(about(`nodes/${gone.uid}`, `node/${enrolled.uid}`), 'demo155', 'one that was removed by force, and is counted');
});

void t.test('one that the transaction brings, or whose step it writes, is known by that', async (t) => {
  const joining = node('demo156', ['osd']);
  t.equal(about(`nodes/${joining.uid}`, 'joining/t1', [{ of: 'node', record: joining }]), 'demo156');
  const step = stepRecord('demo157');
  t.equal(about(`rollouts/ro-1/steps/${step.uid}`, 'coordinator', [{ of: 'step', record: step }]), 'demo157');
  t.equal(about(`rollouts/ro-1/steps/${step.uid}`, 'coordinator', [{ of: 'step', record: { ...step, hostname: '' } }]), undefined);
});

void t.test('an entry about no node has no name', async (t) => {
  for (const resource of ['cluster', 'rollouts/ro-1', 'nodes', 'credentials/0a', 'nodes/unknown']) t.equal(about(resource), undefined);
});
