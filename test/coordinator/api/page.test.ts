import t from 'tap';
import { operationBefore, paginate, tokenAfter } from '../../../coordinator/api/page.ts';
import { requestId, requireLabels, requireName, requireText } from '../../../coordinator/api/validate.ts';
import { errorOf } from '../../support/failure.ts';

const key = (item: string): string => item;
const letters = 'abcdefghij'.split('');

void t.test('pages follow each other and end', async (t) => {
  const seen: string[] = [];
  let token = '';
  do {
    const page = paginate(letters, key, 4, token);
    seen.push(page.items.join(''));
    token = page.nextPageToken;
  } while (token !== '');
  t.same(seen, ['abcd', 'efgh', 'ij']);
  t.equal(paginate([], key, 4, '').nextPageToken, '');
});

void t.test('heavy items make short pages, of one at least, and all of them come', async (t) => {
  const weights: Readonly<Record<string, number>> = { a: 3, b: 3, c: 5, d: 11, e: 1, f: 9 };
  const weight = { of: (item: string) => weights[item] ?? 0, most: 10 };
  const seen: string[] = [];
  let token = '';
  do {
    const page = paginate(letters, key, 4, token, weight);
    seen.push(page.items.join(''));
    token = page.nextPageToken;
  } while (token !== '');
  t.same(seen, ['ab', 'c', 'd', 'efgh', 'ij']);
});

void t.test('a page goes on after the last item sent, whatever came or went meanwhile', async (t) => {
  const { nextPageToken } = paginate(letters, key, 4, '');
  t.same(paginate(['0', '1', ...letters], key, 2, nextPageToken).items, ['e', 'f'], 'some came in front');
  t.same(paginate(letters.slice(2), key, 2, nextPageToken).items, ['e', 'f'], 'some in front went');
  t.same(
    paginate(
      letters.filter((item) => item !== 'd'),
      key,
      2,
      nextPageToken,
    ).items,
    ['e', 'f'],
    'the last one itself went',
  );
});

void t.test('a token that is none of ours is refused', async (t) => {
  for (const token of ['x', '%%%', Buffer.from('no number').toString('base64url'), 'a'.repeat(10_000)]) {
    t.match(await errorOf(() => paginate(letters, key, 4, token)), { reason: 'INVALID_ARGUMENT' });
    t.match(await errorOf(() => operationBefore(token)), { reason: 'INVALID_ARGUMENT' });
  }
});

void t.test('names, reasons and labels that a terminal or a path would obey are refused', async (t) => {
  for (const name of ['', 'nodes/', 'nodes/a/b', 'packages/a', 'nodes/..', 'nodes/a b', 'nodes/\n']) {
    t.match(await errorOf(() => requireName(name, 'nodes')), { reason: 'INVALID_ARGUMENT' }, JSON.stringify(name));
  }
  t.equal(requireName('nodes/osd-1', 'nodes'), 'osd-1');
  for (const text of ['', '  ', 'a\u001b[2J', 'x'.repeat(2000)])
    t.match(await errorOf(() => requireText(text, 'reason')), { reason: 'INVALID_ARGUMENT' });
  t.match(await errorOf(() => requestId('a b')), { reason: 'INVALID_ARGUMENT' });
  t.match(requestId(''), /^[0-9a-f-]{36}$/);
  t.match(await errorOf(() => requireLabels({ '../x': 'y' }, 'set')), { reason: 'INVALID_ARGUMENT' });
  t.match(await errorOf(() => requireLabels({ rack: '\u0007' }, 'set')), { reason: 'INVALID_ARGUMENT' });
});

void t.test('the token of a list that is read by its keys names the last one, and nothing else', async (t) => {
  t.equal(operationBefore(tokenAfter('op-0lx2k3m4n-1f0c2d9a7b')), 'op-0lx2k3m4n-1f0c2d9a7b');
  t.equal(operationBefore(tokenAfter(undefined)), undefined);
  for (const text of ['after ../nodes/n1', 'after ', 'after OP', `after ${'a'.repeat(41)}`]) {
    t.match(await errorOf(() => operationBefore(Buffer.from(text).toString('base64url'))), { reason: 'INVALID_ARGUMENT' });
  }
});
