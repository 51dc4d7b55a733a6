import t from 'tap';
import { auditEntry } from '../../../coordinator/state/audit-rings.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { isForgotten, landmarkOf, newestLandmark } from '../../../coordinator/state/landmark.ts';
import { recordText } from '../../../coordinator/state/parse.ts';
import { startEtcd } from '../../support/etcd.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
const client = etcd.client();

/** Writes the entry of a decision, and the ledger, as a leader does. */
async function decide(seq: number, nodeEntries: number, actor: string, message = 'x') {
  const { changes, counts, put } = auditEntry({ seq, nodeEntries }, { at: 0, actor, action: 'a', resource: 'cluster', message });
  const ledger = { ...counts, requestId: 'r', freezeReason: undefined, budgets: {}, hold: undefined, isAdopting: false };
  const { revision } = await client.txn([], [...changes, { do: 'put', key: keys.ledger, value: recordText(ledger) }]);
  return landmarkOf(put, revision);
}

void t.test('the newest entry of both rings is the landmark, and etcd has it until it is put back', async (t) => {
  t.equal(await newestLandmark(client), undefined, 'an empty etcd');
  const first = await decide(0, 0, 'operator/alice');
  t.strictSame(await newestLandmark(client), first);
  const byNode = await decide(1, 0, 'node/n1');
  t.strictSame(await newestLandmark(client), byNode);
  const third = await decide(2, 1, 'operator/alice');
  t.strictSame(await newestLandmark(client), third);
  for (const known of [first, byNode, third]) t.equal(await isForgotten(client, known), false, known.key);

  t.equal(await isForgotten(client, { ...third, key: keys.audit(3) }), true, 'decided after the backup');
  t.equal(await isForgotten(client, { ...byNode, key: keys.nodeAudit(2) }), true);
  t.equal(await isForgotten(client, { ...third, revision: third.revision + 1 }), true, 'another was decided in its place');
  const same = await decide(2, 1, 'operator/alice', 'y');
  t.equal(await isForgotten(client, { ...third, revision: same.revision }), true, 'also one at the same revision');
});

void t.test('what the log keeps no longer is not missed', async (t) => {
  const old = await decide(4, 1, 'operator/alice');
  await client.txn([], [{ do: 'delete-prefix', prefix: keys.audits }]);
  t.equal(await isForgotten(client, old), true, 'a log that has nothing has lost it');
  await decide(100_104, 1, 'operator/alice');
  t.equal(await isForgotten(client, old), false);
});
