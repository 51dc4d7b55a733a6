import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { diskFigures } from '../../../agent/m2/disk-figures.ts';
import type { ProgramRun } from '../../../agent/os/run-program.ts';

const unknown = { isWell: undefined, wearRatio: undefined, mediaErrors: undefined };
const told = {
  smart_status: { passed: true },
  nvme_smart_health_information_log: { critical_warning: 0, percentage_used: 7, media_errors: 2 },
};
const line = (at: number, device: string, on: string): string => `${at} 1 ${device} / ${on} rw - ext4 /dev/x rw`;
const rootLine = line(21, '179:2', '/');
const ssdLine = line(22, '259:1', '/m2');

/** A node with an eMMC of two partitions and an NVMe disk of one, as /proc and /sys show them. */
class Scene {
  readonly root: string;
  readonly asked: ProgramRun[] = [];
  nowMs = 5000;
  printed: string | Error = JSON.stringify(told);

  constructor(t: Test) {
    this.root = t.testdir({ proc: { self: {} }, sys: { dev: { block: {} } } });
    this.#disk('mmcblk0', '179:0', 'mmcblk0p2', '179:2', 8);
    this.#disk('nvme0n1', '259:0', 'nvme0n1p1', '259:1', 16);
    this.mounts(rootLine, ssdLine);
  }

  mounts(...lines: readonly string[]): void {
    writeFileSync(join(this.root, 'proc/self/mountinfo'), `${lines.join('\n')}\n`);
  }

  figures() {
    return diskFigures({
      root: this.root,
      nowMs: () => this.nowMs,
      run: async (program) => {
        this.asked.push(program);
        if (this.printed instanceof Error) throw this.printed;
        return { stdout: this.printed };
      },
    });
  }

  #disk(name: string, device: string, partition: string, partitionDevice: string, sectors: number): void {
    const directory = join(this.root, 'sys/devices', name);
    mkdirSync(join(directory, partition), { recursive: true });
    writeFileSync(join(directory, 'stat'), `1 0 2 1 5 3 ${sectors} 20 0 10 30\n`);
    writeFileSync(join(directory, partition, 'stat'), '1 0 2 1 5 3 1 20 0 10 30\n');
    writeFileSync(join(directory, partition, 'partition'), '1\n');
    symlinkSync(directory, join(this.root, 'sys/dev/block', device));
    symlinkSync(join(directory, partition), join(this.root, 'sys/dev/block', partitionDevice));
  }
}

void t.test('the whole disk of the root is counted, and the whole SSD asked', async (t) => {
  const scene = new Scene(t);
  t.strictSame(await scene.figures()(), { rootBytesWritten: 8 * 512, ssd: { isWell: true, wearRatio: 0.07, mediaErrors: 2 } });
  t.match(scene.asked, [{ program: 'smartctl', args: ['--json', '--health', '--attributes', '--log=devstat', '/dev/nvme0n1'] }]);
});

void t.test('the SSD is asked every ten minutes, however often its figures are, and what it said is forgotten with it', async (t) => {
  const scene = new Scene(t);
  const figures = scene.figures();
  await figures();
  scene.printed = JSON.stringify({ smart_status: { passed: false } });
  scene.nowMs += 599_999;
  t.match(await figures(), { ssd: { isWell: true } });
  scene.nowMs += 1;
  t.match(await figures(), { ssd: { isWell: false } });
  t.equal(scene.asked.length, 2);
  scene.mounts(rootLine);
  t.strictSame((await figures()).ssd, unknown, 'it is not mounted any more');
  rmSync(join(scene.root, 'sys/dev/block/259:1'));
  scene.mounts(rootLine, ssdLine);
  t.strictSame((await figures()).ssd, unknown, 'it is mounted, and the kernel has no such disk');
});

void t.test('a node without smartctl, and one whose root is on no disk, tell what they know', async (t) => {
  const scene = new Scene(t);
  scene.printed = new Error('the program smartctl is not on this node');
  scene.mounts(line(21, '0:45', '/'), ssdLine);
  t.strictSame(await scene.figures()(), { rootBytesWritten: undefined, ssd: unknown });
});
