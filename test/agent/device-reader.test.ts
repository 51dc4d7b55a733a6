import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { syncFileSystem } from '../../agent/files/sync.ts';
import { bytesReadFromStorage, DeviceReader } from '../../agent/os/device-reader.ts';

const TMPFS = 0x01021994;
const inMemory = statfsSync(tmpdir()).type === TMPFS;

void t.test(
  'a file that is in the page cache is read from the device all the same',
  { skip: inMemory ? 'the temporary directory is in memory' : false },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'uvs-device-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'file');
    const content = randomBytes(3 * 1024 * 1024 + 17);
    writeFileSync(path, content);
    await syncFileSystem(path);

    const before = bytesReadFromStorage() ?? 0;
    readFileSync(path);
    t.equal((bytesReadFromStorage() ?? 0) - before, 0, 'an ordinary read is answered from memory');
    const read = await new DeviceReader().hash(path, path);
    t.equal(read.sha256, createHash('sha256').update(content).digest('hex'));
    t.equal(read.sizeBytes, content.length);
    t.ok(read.isDirect);
    t.ok((bytesReadFromStorage() ?? 0) - before >= content.length, 'the kernel counts it as read from storage');
  },
);

void t.test('what has taken the place of a file is named, and a pipe that nobody writes to keeps nobody waiting', async (t) => {
  const directory = t.testdir({ folder: {} });
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  // who waits for it is given something in the end, so that this test comes to its own
  const writer = spawn('sh', ['-c', 'sleep 5; while :; do : > "$1"; done', 'sh', pipe], { stdio: 'ignore' });
  t.teardown(() => writer.kill());
  const gone = (name: string) => ({ reason: 'READBACK_MISMATCH', message: `${name} is no regular file any more` });
  const beganMs = performance.now();
  await t.rejects(new DeviceReader().hash(pipe, 'opt/a'), gone('opt/a'));
  t.ok(performance.now() - beganMs < 4000, 'at once');
  await t.rejects(new DeviceReader().hash(join(directory, 'folder'), 'opt/b'), gone('opt/b'));
  symlinkSync('/etc/passwd', join(directory, 'link'));
  await t.rejects(new DeviceReader().hash(join(directory, 'link'), 'opt/c'), { code: 'ELOOP' });
});
