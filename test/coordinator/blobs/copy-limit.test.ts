import t from 'tap';
import { copyLimitMs } from '../../../coordinator/blobs/copy-limit.ts';

const MIB = 1024 * 1024;

void t.test('a copy has as long as its size asks for, and longer where coordinators send slowly', (t) => {
  t.equal(copyLimitMs(200 * MIB, undefined), 110_000);
  t.equal(copyLimitMs(200 * MIB, 100 * MIB), 110_000, 'fast enough for eight of them');
  t.equal(copyLimitMs(200 * MIB, 8 * MIB), 410_000, 'an eighth of the half that copies get');
  t.end();
});

void t.test('the limit is one that a timer can count', (t) => {
  t.equal(copyLimitMs(64 * 1024 ** 3, 65_536), 86_400_000);
  t.ok(86_400_000 < 2 ** 31);
  t.end();
});
