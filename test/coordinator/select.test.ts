import t from 'tap';
import { selectNodes } from '../../coordinator/select.ts';
import type { Selector } from '../../coordinator/domain.ts';
import { node } from '../support/domain-records.ts';
import { errorOf } from '../support/failure.ts';

const nodes = [
  node('osd10', ['osd'], { labels: { rack: 'a' } }),
  node('osd2', ['osd', 'mds'], { labels: { rack: 'b' } }),
  node('mon1', ['mon', 'mgr', 'mds'], { labels: { rack: 'a' } }),
];

function selector(given: Partial<Selector>): Selector {
  return { all: false, nodes: [], roles: [], labels: {}, ...given };
}

function names(given: Partial<Selector>): readonly string[] {
  return selectNodes(nodes, selector(given)).map((found) => found.hostname);
}

void t.test('fields are combined by AND, values inside a field by OR, in the natural order of names', async (t) => {
  t.strictSame(names({ all: true }), ['mon1', 'osd2', 'osd10']);
  t.strictSame(names({ roles: ['osd', 'mon'] }), ['mon1', 'osd2', 'osd10']);
  t.strictSame(names({ roles: ['mds'] }), ['mon1', 'osd2']);
  t.strictSame(names({ roles: ['mds'], labels: { rack: 'a' } }), ['mon1']);
  t.strictSame(names({ nodes: ['osd10', 'uid-osd2'] }), ['osd2', 'osd10']);
  t.strictSame(names({ all: true, labels: { rack: 'b' } }), ['osd2']);
});

void t.test('a node named twice, by name and by UID, is selected once', async (t) => {
  t.strictSame(names({ nodes: ['osd2', 'uid-osd2', 'osd2'] }), ['osd2']);
});

void t.test('an empty selector is refused rather than taken for all', async (t) => {
  t.match(await errorOf(() => names({})), { reason: 'INVALID_ARGUMENT' });
});

void t.test('what nobody has is an error that names it', async (t) => {
  t.match(await errorOf(() => names({ nodes: ['osd2', 'osd3'] })), { reason: 'NOT_FOUND', message: /osd3/ });
  t.match(await errorOf(() => names({ roles: ['ods'] })), { reason: 'NOT_FOUND', message: /ods/, hint: /mds, mgr, mon, osd/ });
  t.match(await errorOf(() => names({ labels: { rack: 'z' } })), { reason: 'NOT_FOUND', message: /rack=z/ });
  t.match(await errorOf(() => names({ labels: { toString: 'x' } })), { reason: 'NOT_FOUND' });
});

void t.test('a combination that nobody satisfies is an error that names it', async (t) => {
  t.match(await errorOf(() => names({ roles: ['mon'], labels: { rack: 'b' } })), {
    reason: 'NOT_FOUND',
    message: 'no node is selected by role mon and label rack=b',
  });
});
