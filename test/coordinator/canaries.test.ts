import t from 'tap';
import { canariesFirst } from '../../coordinator/canaries.ts';
import { errorOf } from '../support/failure.ts';
import { node } from '../support/domain-records.ts';

const [a, b, c] = [node('a', ['mon']), node('b', ['osd']), node('c', ['osd'])];
const canary = { nodes: [], count: 0, soakMs: 0, needsApproval: false };

void t.test('named canaries go first in the order of the plan, by host name or UID; a count takes the first', async (t) => {
  t.strictSame(canariesFirst([a, b, c], [a, b, c], undefined), { order: [a, b, c], canaries: 0 });
  t.strictSame(canariesFirst([a, b, c], [a, b, c], { ...canary, nodes: ['uid-c', 'b'] }), { order: [b, c, a], canaries: 2 });
  t.strictSame(canariesFirst([a, b, c], [a, b, c], { ...canary, count: 2 }), { order: [a, b, c], canaries: 2 });
  t.strictSame(canariesFirst([a], [a, b], { ...canary, count: 2 }), { order: [a], canaries: 1 });
  t.strictSame(canariesFirst([], [a], { ...canary, nodes: ['a'] }), { order: [], canaries: 0 }, 'nothing to do needs no canary');
});

void t.test('a canary that is not selected, or that would be left out, is refused rather than forgotten', async (t) => {
  const refusal = (going: readonly (typeof a)[], nodes: readonly string[]) =>
    errorOf(() => canariesFirst(going, [a, b], { ...canary, nodes }));
  t.match(await refusal([a, b], ['c']), { reason: 'NOT_FOUND', message: 'the canary c is not among the selected nodes' });
  t.match(await refusal([a], ['b']), { reason: 'NOT_ALLOWED_NOW', message: /no canary is left to go first: b/ });
  const many = await errorOf(() => canariesFirst([a], [a, b], { ...canary, count: 5 }));
  t.match(many, { reason: 'INVALID_ARGUMENT', message: '5 canaries are more than the nodes that are selected (2)' });
});
