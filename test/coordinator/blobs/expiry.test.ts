import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { expireRegularly } from '../../../coordinator/blobs/expiry.ts';

void t.test('a disk on which nothing can be removed is told of, again and again, and ends nothing', async (t) => {
  const [told, asked]: [string[], number[]] = [[], []];
  const readOnly = { expire: () => Promise.reject(Object.assign(new Error('EROFS: read-only file system, rm'), { code: 'EROFS' })) };
  const other = {
    expire: async (idleMs: number) => {
      asked.push(idleMs);
    },
  };
  {
    using expiry = expireRegularly([readOnly, other], { everyMs: 5, idleMs: 7, onTrouble: ({ message }) => told.push(message) });
    t.ok(expiry);
    while (told.length < 2 || asked.length < 2) await sleep(5);
  }
  t.match(told[0], /EROFS/);
  t.equal(asked[0], 7);
  const count = asked.length;
  await sleep(30);
  t.equal(asked.length, count, 'once it is over nothing is done any more');
});
