import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { LSBLK_ARGUMENTS, parseLsblk } from '../../../agent/m2/lsblk.ts';
import { whyNoImages } from '../../cuts/disk-image.ts';

const beside = {
  starts: new Map([['nvme0n1p1', 1_048_576]]),
  ids: new Map([['nvme0n1', ['nvme-X_S1']]]),
  serials: new Map([['nvme0n1', 'S1']]),
  sequences: new Map([['nvme0n1', '7']]),
  mounts: new Map([['nvme0n1p1', ['/m2', '/var/log']]]),
};
const device = (different: object) => ({
  kname: 'nvme0n1',
  type: 'disk',
  size: 512e9,
  rota: false,
  ro: false,
  rm: false,
  tran: null,
  serial: null,
  model: 'X  ',
  mountpoint: null,
  'log-sec': 512,
  'phy-sec': 512,
  'opt-io': 0,
  alignment: 0,
  ...different,
});
const read = (...blockdevices: readonly object[]) => parseLsblk(JSON.stringify({ blockdevices }), beside);

void t.test('a disk is read with its partitions, and with what lsblk does not say', (t) => {
  const partition = device({ kname: 'nvme0n1p1', type: 'part', fstype: 'ext4', uuid: 'u', mountpoint: '/m2' });
  t.match(read(device({ children: [partition] })), [
    {
      name: 'nvme0n1',
      serial: 'S1',
      model: 'X',
      transport: 'nvme',
      ids: ['nvme-X_S1'],
      parts: [{ startBytes: 1_048_576, mountedOn: ['/m2', '/var/log'] }],
    },
  ]);
  t.end();
});

void t.test('what is stacked on a partition is told, too', (t) => {
  const volume = device({ kname: 'dm-0', type: 'lvm', mountpoint: '/' });
  t.match(read(device({ children: [device({ kname: 'nvme0n1p1', type: 'part', children: [volume] })] })), [
    { parts: [{ name: 'nvme0n1p1' }, { name: 'dm-0', startBytes: undefined, mountedOn: ['/'] }] },
  ]);
  t.end();
});

void t.test('numbers and flags as text, as older ones write them, are read', (t) => {
  t.match(read(device({ size: '512000000000', rota: '1', ro: '0' })), [{ sizeBytes: 512e9, isRotational: true, isReadOnly: false }]);
  t.end();
});

void t.test('a partition that is not listed below its disk is refused: the disk would look empty', (t) => {
  const partition = device({ kname: 'nvme0n1p1', type: 'part', mountpoint: '/' });
  t.throws(() => read(device({}), partition), { reason: 'INTERNAL', message: /nvme0n1p1 beside the disk that it is on/ });
  t.end();
});

void t.test('the real lsblk is asked so that it lists partitions below their disk', { skip: whyNoImages() ?? false }, (t) => {
  const image = join(t.testdir(), 'disk');
  writeFileSync(image, '');
  truncateSync(image, 64 * 1024 * 1024);
  const run = (program: string, ...args: readonly string[]) => execFileSync(program, args, { encoding: 'utf8' }).trim();
  execFileSync('sfdisk', ['--quiet', image], { input: 'label: gpt\nstart=2048\n' });
  const loop = run('losetup', '--find', '--show', image);
  try {
    run('partx', '--add', loop);
    const listed = run('lsblk', ...LSBLK_ARGUMENTS, loop).replace('"type": "loop"', '"type": "disk"');
    t.match(parseLsblk(listed, beside), [{ parts: [{ name: /^loop\d+p1$/ }] }]);
  } finally {
    run('partx', '--delete', loop);
    run('losetup', '--detach', loop);
  }
  t.end();
});

void t.test('loops, memory and empty drives are no disks', (t) => {
  t.strictSame(read(device({ type: 'loop' }), device({ kname: 'zram0' }), device({ size: 0 }), device({ type: 'rom' })), []);
  t.end();
});

void t.test('names that would lead elsewhere, and what is no listing, are refused', (t) => {
  for (const text of ['', '{}', JSON.stringify({ blockdevices: [device({ kname: '../sda' })] })])
    t.throws(() => parseLsblk(text, beside), { reason: 'INTERNAL', message: /can't be read/ }, text);
  t.end();
});
