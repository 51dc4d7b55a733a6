import t from 'tap';
import type { EarlierTry } from '../../coordinator/domain.ts';
import { triesMade } from '../../coordinator/step-tries.ts';
import { triesText } from '../../cli/uvsctl/rollouts/state.ts';

function earlier(outcome: EarlierTry['outcome']): EarlierTry {
  return { operation: 'op-1', attempt: 1, state: 'failed', message: '', outcome, beganAt: undefined, endedAt: undefined };
}

void t.test('only what was done, or is being done, is a try', (t) => {
  t.equal(triesMade({ operation: '', earlier: [] }), 0, 'it was not sent to the node');
  t.equal(triesMade({ operation: 'op-2', earlier: [] }), 1);
  t.equal(triesMade({ operation: 'op-2', earlier: [earlier('failed'), earlier('rolled-back')] }), 3);
  t.equal(triesMade({ operation: 'op-2', earlier: [earlier('never-acted'), earlier('failed'), earlier('never-acted')] }), 2);
  t.end();
});

void t.test('a node that was not tried has no number, and an older coordinator’s is taken as it is', (t) => {
  t.equal(triesText({ tries: 0, attempt: 3, operation: '' }), '');
  t.equal(triesText({ tries: 1, attempt: 3, operation: 'operations/op-1' }), '1');
  t.equal(triesText({ tries: 6, attempt: 9, operation: 'operations/op-1' }), '6 or more');
  t.equal(triesText({ tries: 0, attempt: 2, operation: 'operations/op-1' }), '2');
  t.end();
});
