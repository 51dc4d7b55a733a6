import * as fc from 'fast-check';
import t from 'tap';
import { isAtLeast, isVersion, parseVersion } from '../../common/version.ts';
import { refusal } from '../support/upd.ts';

const versionText = fc
  .tuple(
    fc.nat(99),
    fc.array(fc.tuple(fc.constantFrom('.', '-'), fc.oneof(fc.nat(30), fc.integer({ min: 20000101, max: 20991231 }))), { maxLength: 4 }),
  )
  .map(([first, rest]) => `${first}${rest.map(([separator, number]) => `${separator}${number}`).join('')}`);

function isLater(later: string, earlier: string): boolean {
  const [a, b] = [parseVersion(earlier), parseVersion(later)];
  return isAtLeast(b, a) && !isAtLeast(a, b);
}

void t.test("versions come in the order in which this product's releases came", async (t) => {
  const order = [
    '2.0-15',
    '2.12',
    '2.12-2',
    '2.12-15',
    '2.14',
    '2.14-16',
    '2.14-16.20200316',
    '2.14-16.20200317',
    '2.14.17',
    '2.15-1',
    '10.0',
  ];
  for (const [index, earlier] of order.entries())
    for (const later of order.slice(index + 1)) t.ok(isLater(later, earlier), `${earlier}, ${later}`);
});

void t.test('what is parsed keeps its numbers', async () => {
  fc.assert(
    fc.property(versionText, (text) => {
      return parseVersion(text).numbers.join(' ') === text.replaceAll(/[.-]/g, ' ');
    }),
  );
});

void t.test('a larger number in any place makes a later version', async () => {
  fc.assert(
    fc.property(versionText, fc.nat(3), (text, place) => {
      const parts = text.split(/([.-])/);
      const index = Math.min(place * 2, parts.length - 1);
      const later = parts.with(index, String(Number(parts[index]) + 1)).join('');
      return isLater(later, text);
    }),
  );
});

void t.test('texts that are no versions are refused', async (t) => {
  for (const text of ['', '2.', '.2', '2..1', '2.14-rc1', 'v2', '2.14 ', '1.2.3.4.5.6.7.8.9', '9'.repeat(16), '٢.١']) {
    t.notOk(isVersion(text), text);
    t.equal(await refusal(() => parseVersion(text)), 'INVALID_ARGUMENT');
  }
});

void t.test('the separator and leading zeros mean nothing to "at least"', async (t) => {
  t.ok(isAtLeast(parseVersion('2.14-16'), parseVersion('2.14.16')));
  t.ok(isAtLeast(parseVersion('2.14.016'), parseVersion('2.14-16')));
  t.ok(isAtLeast(parseVersion('2.14.17'), parseVersion('2.14-16.20200317')));
  t.notOk(isAtLeast(parseVersion('2.9'), parseVersion('2.10')));
});
