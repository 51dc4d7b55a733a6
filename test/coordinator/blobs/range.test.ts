import t from 'tap';
import { parseContentRange, parseRange } from '../../../coordinator/blobs/range.ts';

void t.test('a Range names bytes of the blob, the rest of it, or its end', async (t) => {
  t.same(parseRange('bytes=0-9', 100), { start: 0, end: 9 });
  t.same(parseRange('bytes=90-', 100), { start: 90, end: 99 });
  t.same(parseRange('bytes=90-500', 100), { start: 90, end: 99 });
  t.same(parseRange('bytes=-10', 100), { start: 90, end: 99 });
  t.same(parseRange('bytes=-500', 100), { start: 0, end: 99 });
});

void t.test('what can not be had is 416, what is not understood is the whole', async (t) => {
  for (const header of ['bytes=100-', 'bytes=100-200', 'bytes=-0']) t.equal(parseRange(header, 100), 'unsatisfiable', header);
  for (const header of [undefined, '', 'bytes=', 'bytes=-', 'bytes=5-1', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=0x1-2', 'bytes=1e1-']) {
    t.equal(parseRange(header, 100), undefined, String(header));
  }
});

void t.test('a Content-Range of a request names its bytes, or none', async (t) => {
  t.same(parseContentRange('bytes 5-9/10'), { start: 5, length: 5, total: 10 });
  t.same(parseContentRange('bytes */10'), { start: undefined, length: 0, total: 10 });
  for (const header of ['bytes 5-10/10', 'bytes 6-5/10', 'bytes 0-1/*', '5-9/10', 'bytes -5/10'])
    t.equal(parseContentRange(header), undefined, header);
});
