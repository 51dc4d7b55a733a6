import { execFileSync } from 'node:child_process';
import { openSync, closeSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { notBlank } from '../../../agent/m2/blankness.ts';
import { contentsOf, makeFileSystem } from '../../../agent/m2/linux-machine.ts';
import { disk } from './disks.ts';

const BYTES = 64 * 1024 * 1024;

/** An image as the tools see a disk. */
function image(directory: string, name: string): string {
  const path = join(directory, name);
  writeFileSync(path, '');
  truncateSync(path, BYTES);
  return path;
}

function write(path: string, byte: number): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, Buffer.from([1]), 0, 1, byte);
  closeSync(fd);
}

void t.test('what real tools find on a disk proves it blank, or names what is on it', async (t) => {
  const directory = t.testdir();
  const why = async (path: string) => notBlank(disk(), await contentsOf(path, BYTES));
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
