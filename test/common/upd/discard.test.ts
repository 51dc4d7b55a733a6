import t from 'tap';
import { discard } from '../../../common/upd/discard.ts';

void t.test('memory that bytes have for themselves is given back at once', async (t) => {
  const whole = Buffer.alloc(16_384);
  const most = Buffer.alloc(2 * Buffer.poolSize).subarray(0, 1000);
  for (const bytes of [whole, most]) {
    discard(bytes);
    t.equal(bytes.length, 0);
    t.ok(bytes.buffer instanceof ArrayBuffer && bytes.buffer.detached);
    discard(bytes);
  }
});

void t.test('what may share its memory with others is left alone', async (t) => {
  const small = Buffer.from('a piece of the pool');
  const part = Buffer.alloc(16_384).subarray(0, 100);
  const behind = Buffer.alloc(2 * Buffer.poolSize).subarray(1);
  for (const bytes of [small, part, behind]) {
    const { length } = bytes;
    discard(bytes);
    t.equal(bytes.length, length);
  }
});
