import t from 'tap';
import { fitPlan } from '../../coordinator/plan-size.ts';
import { errorOf } from '../support/failure.ts';
import { rolloutPlan } from '../support/domain-records.ts';

const uidOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const all = Array.from({ length: 10_000 }, (_, number) => uidOf(number));
/** What etcd takes by default. */
const REQUEST_BYTES = 1.5 * 1024 ** 2;

void t.test('a plan that leaves ten thousand nodes out, each for a long reason, is stored with shorter ones', async (t) => {
  const small = { ...rolloutPlan([uidOf(0)]), skipped: { [uidOf(1)]: 'is cordoned: new disk' } };
  t.equal(fitPlan(small), small, 'what fits is left alone');
  for (const reason of [`is cordoned: ${'r'.repeat(1024)}`, `is cordoned: ${'漢"'.repeat(512)}`]) {
    const fitted = fitPlan({ ...rolloutPlan([uidOf(0)]), skipped: Object.fromEntries(all.map((uid) => [uid, reason])) });
    t.ok(Buffer.byteLength(JSON.stringify(fitted)) < REQUEST_BYTES - 100_000);
    t.match(fitted.skipped[uidOf(7)], /^is cordoned: .*…$/u);
    t.equal(Object.keys(fitted.skipped).length, 10_000, 'nobody is forgotten');
  }
});

void t.test('ten thousand nodes named one by one fit, unless their names are very long', async (t) => {
  const plan = (names: readonly string[]) => rolloutPlan(all, { selector: { all: false, nodes: names, roles: [], labels: {} } });
  t.ok(fitPlan(plan(all)));
  const long = plan(all.map((uid) => `${uid}.${'a'.repeat(80)}`));
  t.match(await errorOf(Promise.resolve().then(() => fitPlan(long))), { reason: 'INVALID_ARGUMENT' });
});

void t.test('host names are left out of a plan that has no room for them, before anything is cut', async (t) => {
  const hostnames = all.map((_uid, index) => `osd-${index}`);
  t.strictSame(fitPlan({ ...rolloutPlan(all), hostnames }).hostnames, hostnames);
  const reason = 'is cordoned: new disk';
  const skipped = Object.fromEntries(Array.from({ length: 6_000 }, (_none, index) => [uidOf(20_000 + index), reason]));
  const large = fitPlan({ ...rolloutPlan(all), skipped, hostnames: hostnames.map((name) => name.padEnd(63, 'x')) });
  t.strictSame(large.hostnames, []);
  t.strictSame(new Set(Object.values(large.skipped)), new Set([reason]));
});
