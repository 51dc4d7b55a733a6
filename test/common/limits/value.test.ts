import t from 'tap';
import { limitNames, type LimitName } from '../../../common/limits/keys.ts';
import { describeLimit, parseLimitName, parseLimitValue, resolveLimit, systemdText } from '../../../common/limits/value.ts';
import { errorOf } from '../../support/failure.ts';

const node = { memoryBytes: 8 * 1024 ** 3, cpus: 4 };

/** What a text comes to on that node, as systemd reads it. */
function inForce(name: LimitName, text: string): string {
  return systemdText(name, resolveLimit(name, parseLimitValue(name, text), node));
}

void t.test('a limit is an amount, or a share of the node', async (t) => {
  const cases: readonly (readonly [LimitName, string, string])[] = [
    ['MemoryMax', '512M', String(512 * 1024 ** 2)],
    ['MemoryMax', '3GiB', String(3 * 1024 ** 3)],
    ['MemoryMax', '1073741824', '1073741824'],
    ['MemoryMax', '50%', String(4 * 1024 ** 3)],
    ['MemoryHigh', 'share:25%', String(2 * 1024 ** 3)],
    ['MemoryMax', 'infinity', 'infinity'],
    ['CPUQuota', '150%', '150%'],
    ['CPUQuota', 'share:50%', '200%'],
    ['CPUQuota', 'infinity', ''],
    ['CPUWeight', '200', '200'],
    ['IOWeight', '10000', '10000'],
    ['TasksMax', '4096', '4096'],
    ['TasksMax', 'infinity', 'infinity'],
    ['OOMScoreAdjust', '-500', '-500'],
    ['LimitNOFILE', '65536', '65536'],
  ];
  for (const [name, text, expected] of cases) t.equal(inForce(name, text), expected, `${name}=${text}`);
});

void t.test('nonsense is refused with what the limit takes', async (t) => {
  const cases: readonly (readonly [LimitName, string, RegExp])[] = [
    ['MemoryMax', '512', /from 64MiB to/],
    ['MemoryMax', '3X', /a size \(512M, 3G\)/],
    ['MemoryMax', '0%', /a share is from 1% to 100%/],
    ['MemoryMax', '101%', /a share is from 1% to 100%/],
    ['MemoryMax', '-1G', /a size/],
    ['MemoryMax', '1e9', /a size/],
    ['MemoryMax', '9999999T', /from 64MiB to 1048576TiB/],
    ['CPUQuota', '2', /percent of one CPU/],
    ['CPUQuota', '5%', /from 10% to/],
    ['CPUWeight', '0', /from 1 to 10000/],
    ['CPUWeight', 'infinity', /a whole number/],
    ['IOWeight', '50%', /a whole number/],
    ['TasksMax', '3', /from 16 to/],
    ['OOMScoreAdjust', '-1001', /from -1000 to 1000/],
    ['LimitNOFILE', '99999999999', /from \d+ to/],
    ['OOMScoreAdjust', '-10000', /from -1000 to 1000/],
    ['LimitNOFILE', '', /a whole number/],
    ['LimitNOFILE', '4096\nExecStart=/bin/sh', /a whole number/],
  ];
  for (const [name, text, expected] of cases) {
    const error = await errorOf(async () => parseLimitValue(name, text));
    t.match(error, { reason: 'INVALID_ARGUMENT', message: expected }, `${name}=${text}`);
  }
});

void t.test('no other property of a unit can be set', async (t) => {
  for (const text of ['ExecStart', 'Environment', 'User', '__proto__', 'constructor', ''])
    t.match(await errorOf(async () => parseLimitName(text)), { reason: 'INVALID_ARGUMENT', hint: /MemoryMax/ }, text);
  t.match(await errorOf(async () => parseLimitName('memorymax')), { hint: 'It is written MemoryMax.' });
  for (const name of limitNames) t.equal(parseLimitName(name), name);
});

void t.test('a limit is told in units that people read', async (t) => {
  t.equal(describeLimit('MemoryMax', 1536 * 1024 ** 2), '1.5GiB');
  t.equal(describeLimit('CPUQuota', 150), '150%');
  t.equal(describeLimit('TasksMax', 77), '77');
  t.equal(describeLimit('MemoryMax', undefined), 'no limit');
});
