import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layCommandServer } from '../nodes/command-line.ts';
import { makeInitrd, type Kernel } from '../power/kernel.ts';

const MAKE_ROOT_MS = 1_200_000;
const DISK = '1500m';
const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const RECIPE = ['make-root.sh', 'image.ts', '../nodes/command-line.ts', '../nodes/serve-commands', '../power/kernel.ts'];

/** What an emulated arm64 machine boots. */
export interface MachineImage extends Kernel {
  /** Raw, with Debian and a systemd on ext4. */
  readonly root: string;
}

/** Where the image is, once it is made; how it is made is part of the name. */
function imageFolder(): string {
  const recipe = createHash('sha256');
  for (const name of RECIPE) recipe.update(readFileSync(pathOf(name)));
  const cache = process.env['UVS_TEST_CACHE'] ?? '/var/cache/uvs-test';
  return join(cache, `arm-machine-${recipe.digest('hex').slice(0, 12)}`);
}

/** @throws Error where it has not been made */
export function madeImage(): MachineImage {
  const folder = imageFolder();
  if (!existsSync(folder)) throw new Error(`there is no ${folder}: run make test-arm`);
  return { image: join(folder, 'vmlinuz'), initrd: join(folder, 'initrd'), root: join(folder, 'root.img') };
}

/** Makes the image, in some minutes and with the archives that apt knows, unless it has been made before on this machine. */
export function makeImage(): void {
  const folder = imageFolder();
  if (existsSync(folder)) return;
  const making = mkdtempSync(join(tmpdir(), 'uvs-arm-machine-'));
  try {
    const tree = join(making, 'tree');
    execFileSync(pathOf('make-root.sh'), [tree], { timeout: MAKE_ROOT_MS, stdio: ['ignore', 'inherit', 'inherit'] });
    layCommandServer(tree, '/dev/hvc0');
    const [version = ''] = readdirSync(join(tree, 'lib/modules'));
    const made = `${folder}.new`;
    rmSync(made, { recursive: true, force: true });
    mkdirSync(made, { recursive: true });
    cpSync(join(tree, 'boot', `vmlinuz-${version}`), join(made, 'vmlinuz'));
    const modules = ['virtio_net', 'virtio_console'];
    makeInitrd({ tree, version, busybox: join(tree, 'usr/bin/busybox'), out: join(made, 'initrd'), modules });
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', tree, join(made, 'root.img'), DISK]);
    renameSync(made, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
