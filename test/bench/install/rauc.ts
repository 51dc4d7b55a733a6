import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { measure } from '../measured.ts';
import type { Contender } from './contender.ts';
import { measureCost } from './cost.ts';

const SLOT_BYTES = 1024 ** 3;
const READY_MS = 15_000;
/** Lets its service onto the bus; of Debian's package rauc-service. */
const BUS_POLICY = '/usr/share/dbus-1/system.d/de.pengutronix.rauc.conf';

/** RAUC with a signed bundle (its encryption needs device-mapper), which its service makes a file system for in the slot that does not run. */
export const rauc: Contender = {
  name: 'RAUC (signed, not encrypted, into its second slot)',
  needs: ['rauc', 'mksquashfs', 'dbus-daemon', BUS_POLICY],
  prepare: async ({ folder, archive, stack: owned }) => {
    const slots = await Promise.all(['a', 'b'].map((name) => makeSlot(join(folder, `slot-${name}.img`))));
    owned.defer(() => slots.forEach((slot) => execFileSync('losetup', ['-d', slot])));
    await writeFile(join(folder, 'system.conf'), configText(folder, slots));
    await mkdir(join(folder, 'bundle'));
    await mkdir(join(folder, 'mounts'));
    await copyFile(archive, join(folder, 'bundle', 'rootfs.tar.zst'));
    const manifest = '[update]\ncompatible=uvs-bench\nversion=1\n[bundle]\nformat=plain\n[image.rootfs]\nfilename=rootfs.tar.zst\n';
    await writeFile(join(folder, 'bundle', 'manifest.raucm'), manifest);
    const make = `openssl req -x509 -newkey rsa:4096 -nodes -keyout key.pem -out cert.pem -subj /O=uvs/CN=bench -days 3650
      rauc bundle --cert=cert.pem --key=key.pem --keyring=cert.pem bundle update.raucb`;
    await measure(['/bin/sh', '-ec', make], folder);
    const env = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${join(folder, 'bus')}`, DBUS_STARTER_BUS_TYPE: 'system' };
    const device = (slots[1] ?? '').replace('/dev/', '');
    return async (quiet) => {
      await rm(join(folder, 'central.raucs'), { force: true });
      await using stack = new AsyncDisposableStack();
      const run = (program: string, ...args: readonly string[]): ChildProcess => {
        const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env }, stdio: 'ignore' });
        stack.defer(() => end(child));
        return child;
      };
      await rm(join(folder, 'bus'), { force: true });
      const deadline = AbortSignal.timeout(READY_MS);
      run(
        'dbus-daemon',
        '--config-file=/usr/share/dbus-1/system.conf',
        `--address=${env.DBUS_SYSTEM_BUS_ADDRESS}`,
        '--nofork',
        '--nopidfile',
      );
      // a service that finds no bus ends
      while (!existsSync(join(folder, 'bus'))) {
        deadline.throwIfAborted();
        await delay(20);
      }
      const service = run('rauc', '-c', 'system.conf', '--override-boot-slot=A', 'service');
      while (spawnSync('rauc', ['-c', 'system.conf', 'status'], { cwd: folder, env: { ...process.env, ...env } }).status !== 0) {
        deadline.throwIfAborted();
        await delay(100);
      }
      await quiet();
      const argv = ['rauc', '-c', 'system.conf', 'install', 'update.raucb'];
      return await measureCost({ argv, cwd: folder, env, device, ...(service.pid === undefined ? {} : { servicePid: service.pid }) });
    };
  },
};

async function makeSlot(image: string): Promise<string> {
  await writeFile(image, '');
  await truncate(image, SLOT_BYTES);
  execFileSync('mkfs.ext4', ['-q', '-F', image], { stdio: 'ignore' });
  return execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim();
}

function configText(folder: string, [a = '', b = '']: readonly string[]): string {
  return `[system]
compatible=uvs-bench
bootloader=noop
mountprefix=${join(folder, 'mounts')}
statusfile=${join(folder, 'central.raucs')}
[keyring]
path=${join(folder, 'cert.pem')}
[slot.rootfs.0]
device=${a}
type=ext4
bootname=A
[slot.rootfs.1]
device=${b}
type=ext4
bootname=B
`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
