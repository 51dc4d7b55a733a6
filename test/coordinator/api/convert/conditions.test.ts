import t from 'tap';
import { clusterConditions, nodesCondition } from '../../../../coordinator/api/convert/conditions.ts';
import type { LedgerRecord } from '../../../../coordinator/domain.ts';

const ledger: LedgerRecord = {
  seq: 0,
  nodeEntries: 0,
  requestId: '',
  freezeReason: undefined,
  budgets: {},
  hold: undefined,
  isAdopting: false,
};
const member = { id: 'c1', grpcAddress: 'c1:1', httpsAddress: 'c1:2', isDown: false, downSince: undefined, isUnfit: false };

void t.test('a coordinator that does not run, or whose disk keeps nothing, is named with what to do', async (t) => {
  const weakened = (...members: Parameters<typeof clusterConditions>[2]) =>
    clusterConditions(ledger, [], members, []).find(({ type }) => type === 'Weakened');
  t.match(weakened(member), { status: false, message: '' });
  t.match(weakened({ ...member, isUnfit: true }), {
    status: true,
    message: /^c1 can't lead: see the journal there, and the disk/,
  });
  t.match(weakened({ ...member, isDown: true }, { ...member, id: 'c2', isUnfit: true }), {
    message: /^c1 does not run, or does not reach etcd: .*; c2 can't lead/,
  });
});

void t.test('who counts as down is named, those that wait for hands ahead, removed ones too', async (t) => {
  t.match(nodesCondition([{ hostname: 'n1', state: 'ready', message: '' }]), { status: false, message: '' });
  t.match(
    nodesCondition([
      { hostname: 'n1', state: 'silent', message: 'not heard' },
      { hostname: 'n2', state: 'removed', message: 'it counts until it is written off' },
    ]),
    { status: true, message: 'n2 (removed: it counts until it is written off), n1 (silent: not heard)' },
  );
});
