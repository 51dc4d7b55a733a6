import t from 'tap';
import { nodeStatus } from '../../coordinator/node-status.ts';
import { live, node, slot } from '../support/domain-records.ts';

const NOW_MS = 100_000;
const SILENT_AFTER_MS = 20_000;
const demo = node('demo149', ['mon']);
const heard = live('demo149', NOW_MS - 1_000);

void t.test('a node that is heard, healthy and without a slot is ready', async (t) => {
  t.strictSame(nodeStatus(demo, heard, undefined, NOW_MS, SILENT_AFTER_MS), { state: 'ready', message: '' });
});

void t.test('a node that this leader has not heard is silent, and so is one heard too long ago', async (t) => {
  t.match(nodeStatus(demo, undefined, undefined, NOW_MS, SILENT_AFTER_MS), { state: 'silent', message: /not heard/ });
  t.strictSame(nodeStatus(demo, undefined, undefined, NOW_MS, SILENT_AFTER_MS, NOW_MS - 3_400), {
    state: 'silent',
    message: 'its connection ended 3 s ago',
  });
  t.strictSame(nodeStatus(demo, live('demo149', NOW_MS - 42_500), undefined, NOW_MS, SILENT_AFTER_MS), {
    state: 'silent',
    message: 'unheard for 42 s',
  });
  t.equal(nodeStatus(demo, live('demo149', NOW_MS - SILENT_AFTER_MS), undefined, NOW_MS, SILENT_AFTER_MS).state, 'ready');
});

void t.test('failed services make a node unhealthy and are named', async (t) => {
  const ill = live('demo149', NOW_MS, { failedServices: ['ceph-mon@a', 'ceph-mgr@a'] });
  t.strictSame(nodeStatus(demo, ill, undefined, NOW_MS, SILENT_AFTER_MS), {
    state: 'unhealthy',
    message: 'not running: ceph-mon@a, ceph-mgr@a',
  });
});

void t.test('a slot in any state makes a node not ready', async (t) => {
  for (const state of ['granted', 'begun', 'ended'] as const) {
    t.equal(nodeStatus(demo, heard, slot('demo149', { state }), NOW_MS, SILENT_AFTER_MS).state, 'updating', state);
  }
});

void t.test('the gravest reason comes first and the lesser ones are still told', async (t) => {
  const cordoned = node('demo149', ['mon'], { cordonReason: 'new disk' });
  const needy = slot('demo149', { state: 'ended', outcome: 'needs-operator', outcomeMessage: 'post task failed twice' });
  const cloned = live('demo149', NOW_MS, { quarantineReason: 'two live sessions' });
  t.equal(nodeStatus(cordoned, cloned, needy, NOW_MS, SILENT_AFTER_MS).state, 'quarantined');
  t.match(nodeStatus(cordoned, heard, needy, NOW_MS, SILENT_AFTER_MS), { state: 'needs-operator', message: /post task failed twice/ });
  t.match(nodeStatus(cordoned, undefined, undefined, NOW_MS, SILENT_AFTER_MS), {
    state: 'cordoned',
    message: 'new disk; not heard since this coordinator leads',
  });
  const open = live('demo149', NOW_MS, { openOperations: [{ operation: 'op-1', phase: 'needs-operator', token: undefined }] });
  t.match(nodeStatus(demo, open, undefined, NOW_MS, SILENT_AFTER_MS), {
    state: 'needs-operator',
    message:
      'its agent has left op-1 to an operator: once it is in order, on it: systemctl stop uvs-agent; uvs-agent recover --accept op-1 --reason TEXT; systemctl start uvs-agent',
  });
});

void t.test('a node whose session is new and has not told of its services is not ready: they may have failed before', async (t) => {
  const fresh = live('demo149', NOW_MS, { failedServices: undefined });
  t.match(nodeStatus(demo, fresh, undefined, NOW_MS, SILENT_AFTER_MS), { state: 'silent', message: /not told yet/ });
});

void t.test('a node in the middle of an operation for which it holds no slot is not ready', async (t) => {
  const openOperations = [{ operation: 'op-lost', phase: 'committing', token: undefined }];
  const working = live('demo149', NOW_MS, { openOperations });
  t.match(nodeStatus(demo, working, undefined, NOW_MS, SILENT_AFTER_MS), { state: 'updating', message: /op-lost \(committing\)/ });
  t.match(nodeStatus(demo, working, slot('demo149'), NOW_MS, SILENT_AFTER_MS).message, /op-lost/, 'a slot for something else is no excuse');
  const staged = live('demo149', NOW_MS, { openOperations: [{ operation: 'op-1', phase: 'staged', token: undefined }] });
  t.equal(nodeStatus(demo, staged, undefined, NOW_MS, SILENT_AFTER_MS).state, 'ready');
  const back = live('demo149', NOW_MS, {
    openOperations,
    progress: new Map([['op-lost', { phase: 'rolled-back', message: '', percent: -1 }]]),
  });
  t.equal(nodeStatus(demo, back, undefined, NOW_MS, SILENT_AFTER_MS).state, 'ready', 'what it said last counts');
});

void t.test('a node that shows a token of which the ledger knows nothing is not believed', async (t) => {
  const openOperations = [{ operation: 'op-1', phase: 'pre', token: { epoch: 'e', createRevision: 7 } }];
  const showing = live('demo149', NOW_MS, { openOperations });
  t.match(nodeStatus(demo, showing, undefined, NOW_MS, SILENT_AFTER_MS), {
    state: 'quarantined',
    message: 'works on op-1 (pre) with a token that the ledger never gave, or has lost; it is confirmed nothing',
  });
  t.equal(nodeStatus(demo, showing, slot('demo149', { operation: 'op-1' }), NOW_MS, SILENT_AFTER_MS).state, 'updating');
});

void t.test('an operation that had ended at hello is not under way, whatever the agent repeats of it', async (t) => {
  const ended = { operation: 'op-1', phase: 'done', token: undefined };
  const progress = new Map([['op-1', { phase: 'confirming', message: '', percent: -1 }]]);
  const repeating = { ...heard, openOperations: [ended], progress };
  t.equal(nodeStatus(demo, repeating, undefined, NOW_MS, SILENT_AFTER_MS).state, 'ready');
  const going = { ...repeating, openOperations: [{ ...ended, phase: 'committing' }] };
  t.equal(nodeStatus(demo, going, undefined, NOW_MS, SILENT_AFTER_MS).state, 'updating');
});

void t.test('the state stands before the sentence, and is not said again in it', async (t) => {
  const cordoned = node('demo149', ['mon'], { cordonReason: 'new disk' });
  const cases = [
    nodeStatus(demo, live('demo149', NOW_MS - 42_500), undefined, NOW_MS, SILENT_AFTER_MS),
    nodeStatus(demo, heard, slot('demo149'), NOW_MS, SILENT_AFTER_MS),
    nodeStatus(cordoned, heard, undefined, NOW_MS, SILENT_AFTER_MS),
    nodeStatus(demo, live('demo149', NOW_MS, { quarantineReason: 'two live sessions' }), undefined, NOW_MS, SILENT_AFTER_MS),
    nodeStatus(demo, heard, slot('demo149', { state: 'quarantined' }), NOW_MS, SILENT_AFTER_MS),
  ];
  t.same(
    cases.map(({ state }) => state),
    ['silent', 'updating', 'cordoned', 'quarantined', 'quarantined'],
  );
  for (const { state, message } of cases) t.notMatch(message, state);
});
