import t from 'tap';
import { comparePaths } from '../../../common/upd/paths.ts';

void t.test('paths are in the order of their bytes, whatever they are written in', (t) => {
  const paths = [
    '',
    'a',
    'a/b',
    'a-b',
    'B',
    'é',
    'z',
    '日本',
    '\u{ffee}',
    '\u{1f600}',
    '\u{10ffff}',
    'a\u{1f600}',
    'a\u{ffee}',
    '\u{d7ff}',
  ];
  for (const a of paths)
    for (const b of paths) {
      const order = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      t.equal(Math.sign(comparePaths(a, b)), order, JSON.stringify([a, b]));
    }
  t.end();
});
