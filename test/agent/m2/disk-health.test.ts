import t from 'tap';
import { bytesWritten, parseHealth } from '../../../agent/m2/disk-health.ts';

const log = (different: object) => JSON.stringify({ smart_status: { passed: true }, nvme_smart_health_information_log: different });

void t.test('of an NVMe disk its own log is read', (t) => {
  t.strictSame(parseHealth(log({ critical_warning: 0, percentage_used: 7, media_errors: 2 })), {
    isWell: true,
    wearRatio: 0.07,
    mediaErrors: 2,
  });
  t.equal(parseHealth(log({ critical_warning: 4 })).isWell, false, 'a warning counts more than what it says of itself');
  t.end();
});

void t.test('what a disk does not say is not known, and is not taken for well', (t) => {
  const unknown = { isWell: undefined, wearRatio: undefined, mediaErrors: undefined };
  for (const text of ['', '{}', 'smartctl: no such device', JSON.stringify({ smart_status: {} })])
    t.strictSame(parseHealth(text), unknown, text);
  t.strictSame(parseHealth(JSON.stringify({ smart_status: { passed: false } })), { ...unknown, isWell: false });
  t.end();
});

void t.test('bytes written are told in sectors of 512 bytes', (t) => {
  t.equal(bytesWritten('     100        0     2000       10       50        3     4096       20        0       10       30\n'), 4096 * 512);
  t.equal(bytesWritten(''), undefined);
  t.end();
});
