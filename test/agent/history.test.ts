import t from 'tap';
import { toldHistory, type HistoryEntry } from '../../agent/history.ts';

function entry(operation: string, outcome: HistoryEntry['outcome'], version = '2.14.18'): HistoryEntry {
  return { operation, version, fromVersion: '', hadSlot: true, outcome, message: '', endedAt: '' };
}

void t.test('operations in a row that did nothing are told as the last of them, and push nothing else out', (t) => {
  const history = [
    entry('op-1', 'installed', '2.14.17'),
    entry('op-2', 'rolled-back'),
    ...['op-3', 'op-4', 'op-5', 'op-6', 'op-7'].map((operation) => entry(operation, 'never-acted')),
    entry('op-8', 'never-acted', '2.14.19'),
    entry('op-9', 'installed'),
  ];
  t.match(toldHistory(history, 5), [
    { operation: 'op-1', alike: 0 },
    { operation: 'op-2', alike: 0 },
    { operation: 'op-7', alike: 4 },
    { operation: 'op-8', alike: 0 },
    { operation: 'op-9', alike: 0 },
  ]);
  t.end();
});
