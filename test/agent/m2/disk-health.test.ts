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

const sata = (different: object) => JSON.stringify({ smart_status: { passed: true }, ...different });
const attributes = (...table: readonly object[]) => ({ ata_smart_attributes: { table } });
const statistics = (page: number, value: number, valid = true) => ({
  number: page,
  table: [
    { offset: 16, value: 99, flags: { valid: true } },
    { offset: 8, value, flags: { valid } },
  ],
});

void t.test('of a SATA disk its statistics are read, or else the attributes of its vendor', (t) => {
  const left = { name: 'Wear_Leveling_Count', value: 88, raw: { value: 1234 } };
  const reported = { name: 'Reported_Uncorrect', value: 100, raw: { value: 3 } };
  const pages = [statistics(4, 5), statistics(7, 40)];
  const parsed = (different: object) => parseHealth(sata(different));
  t.strictSame(parsed({ ata_device_statistics: { pages }, ...attributes(left, reported) }), {
    isWell: true,
    wearRatio: 0.4,
    mediaErrors: 5,
  });
  t.strictSame(parsed(attributes(left, reported)), { isWell: true, wearRatio: 0.12, mediaErrors: 3 });
  const invalid = { ata_device_statistics: { pages: [statistics(7, 40, false)] } };
  t.equal(parsed(invalid).wearRatio, undefined, 'what the disk calls invalid');
  t.equal(parsed(attributes({ name: 'Wear_Leveling_Count', value: 253 })).wearRatio, undefined, 'no share of 100');
  t.equal(parsed(attributes({ name: 'Power_On_Hours', value: 99 })).wearRatio, undefined);
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
