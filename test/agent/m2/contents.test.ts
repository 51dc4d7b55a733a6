import { execFileSync } from 'node:child_process';
import { openSync, closeSync, mkdtempSync, readSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { notBlank } from '../../../agent/m2/blankness.ts';
import { contentsOf } from '../../../agent/m2/disk-contents.ts';
import { makeFileSystem } from '../../../agent/m2/disk-machine.ts';
import { fastFolder } from '../../cuts/node-copies.ts';
import { disk, GIB, MIB } from './disks.ts';

const BYTES = 64 * 1024 * 1024;

/** An image as the tools see a disk. */
function image(directory: string, name: string, bytes = BYTES): string {
  const path = join(directory, name);
  writeFileSync(path, '');
  truncateSync(path, bytes);
  return path;
}

function write(path: string, byte: number, bytes: Uint8Array = Buffer.from([1])): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, byte);
  closeSync(fd);
}

function read(path: string, byte: number, length: number): Buffer {
  const fd = openSync(path, 'r');
  const bytes = Buffer.alloc(length);
  readSync(fd, bytes, 0, length, byte);
  closeSync(fd);
  return bytes;
}

const why = async (path: string, sizeBytes = BYTES) => notBlank(disk(), await contentsOf(path, disk({ sizeBytes })));

void t.test('what real tools find on a disk proves it blank, or names what is on it', async (t) => {
  const directory = t.testdir();
  t.equal(await why(image(directory, 'blank')), '');
  for (const [name, program, args] of [
    ['ext4 at 0x438', 'mkfs.ext4', ['-q', '-F']],
    ['swap at 0xff6', 'mkswap', []],
    ['gpt at 0x200', 'sfdisk', ['--quiet']],
  ] as const) {
    const path = image(directory, program);
    execFileSync(program, [...args, path], { input: 'label: gpt\n', stdio: ['pipe', 'ignore', 'ignore'] });
    t.match(await why(path), `has a signature: ${name}`);
  }
  for (const byte of [100_000, BYTES / 2 + 5000, BYTES - 1]) {
    const path = image(directory, `byte-${byte}`);
    write(path, byte);
    t.equal(await why(path), `has data of an unknown kind: byte ${byte} is not zero`);
  }
});

void t.test('a file system has the UUID that was decided before, and is made over one that a cut has left', async (t) => {
  const directory = t.testdir();
  const uuid = 'aaaaaaaa-0000-4000-8000-000000000001';
  const path = image(directory, 'ext4');
  for (let round = 1; round <= 2; round += 1) {
    await makeFileSystem(path, 'ext4', uuid);
    t.equal(execFileSync('blkid', ['-p', '-o', 'value', '-s', 'UUID', path], { encoding: 'utf8' }).trim(), uuid);
  }
});

/** As pvcreate(8) and mdadm(8) write them, at 512 and at 4096 bytes into what they are given. */
const labels = [
  [
    'LVM2_member',
    512,
    'TEFCRUxPTkUBAAAAAAAAAO0PV2AgAAAATFZNMiAwMDF1ZjlFaHkyaWdvN0c5OUhYT1V4VzdFR2FsWHZiWFkzbwAAAAQAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAADwDwAAAAAAAAAAAAAAAAAAAAAAAAAAAAI=',
  ],
  [
    'linux_raid_member',
    4096,
    '/E4rqQEAAAAAAAAAAAAAAAABAgMEBQYHCAkKCwwNDg9ob3N0OjAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAAAAACghgEAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACAAAAAAAAKCGAQAAAAAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABCDCQQI=',
  ],
] as const;

void t.test('what was on the partition of a disk whose table alone is gone is found and named, however large the disk is', async (t) => {
  const directory = mkdtempSync(join(fastFolder(), 'uvs-contents-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const bytes = 256 * GIB;
  const within = bytes - 2 * MIB;
  const ext4 = image(directory, 'ext4', bytes);
  const offset = ['-E', `offset=${MIB},lazy_itable_init=1,lazy_journal_init=1`];
  execFileSync('mkfs.ext4', ['-q', '-F', ...offset, ext4, `${within / 1024}k`]);
  const xfs = image(directory, 'xfs', bytes);
  const inner = image(directory, 'inner', within);
  execFileSync('mkfs.xfs', ['-q', '-f', '-l', 'size=64m', inner]);
  for (let group = 0; group < 4; group += 1) write(xfs, MIB + (within / 4) * group, read(inner, (within / 4) * group, 64 * 1024));
  rmSync(inner);
  for (const [name, path] of Object.entries({ ext4, xfs })) {
    t.match(await why(path, bytes), `has a signature: ${name} at 0x100000`);
    // and where more than the table is gone, by what else it has written
    write(path, 0, Buffer.alloc(64 * MIB));
    t.match(await why(path, bytes), /^has (?:data of an unknown kind: byte \d{9,} is not zero|a signature: xfs at 0x\w{8,})$/, name);
  }
  for (const [name, at, label] of labels) {
    const path = image(directory, name, bytes);
    write(path, MIB + at, Buffer.from(label, 'base64'));
    t.equal(await why(path, bytes), `has a signature: ${name} at 0x100000`);
  }
  t.equal(await why(image(directory, 'blank', bytes), bytes), '', 'a blank one is blank');
});
