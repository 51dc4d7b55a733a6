import t from 'tap';
import { previewOf } from '../../../coordinator/declared/preview.ts';
import { flatSettings, settingsOf } from '../../../coordinator/declared/settings.ts';
import { node } from '../../support/domain-records.ts';

void t.test('nodes for which the same would change are told together, and others are left out', async (t) => {
  const nodes = [node('n1', ['osd']), node('n2', ['osd']), node('n3', ['mon']), { ...node('n4', ['osd']), labels: { rack: 'r1' } }];
  const now = [{ scope: 'label/rack=r1', values: { 'time-zone': 'Asia/Tokyo' } }];
  const then = [...now, { scope: 'role/osd', values: { 'time-zone': 'UTC', 'ntp-servers': 'a' } }];
  const values = (records: typeof now) => (its: (typeof nodes)[number]) => flatSettings(settingsOf(its, records));
  const groups = previewOf(nodes, values(now), values(then));
  t.same(
    groups.map(({ changes, nodes: its }) => [changes, its.map(({ hostname }) => hostname)]),
    [
      [
        [
          { name: 'ntp-servers', before: '', after: 'a' },
          { name: 'time-zone', before: '', after: 'UTC' },
        ],
        ['n1', 'n2'],
      ],
      [[{ name: 'ntp-servers', before: '', after: 'a' }], ['n4']],
    ],
  );
  t.same(previewOf(nodes, values(then), values(then)), []);
});
