import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the guest needs to reach a disk and a network; what these need in turn is looked up. */
const MODULES = ['virtio_pci', 'virtio_blk', 'virtio_net', 'nvme', 'ext4', 'crc32c_generic'];

export interface Kernel {
  readonly image: string;
  readonly initrd: string;
}

/**
 * Debian's kernel for virtual machines and an initial RAM disk that only mounts; made once for each version, in the user's cache; how it is made is part
 * of its name. With `uvs.root` on the kernel's command line the first disk becomes the root, with a systemd; else the second has the guest's program.
 * @param modules names of more modules than those that every guest has
 */
export function debianKernel(modules: readonly string[] = []): Kernel {
  const run = (program: string, args: readonly string[], cwd?: string): string =>
    execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) });
  const [, name = ''] = /Depends: (linux-image-\S+)/.exec(run('apt-cache', ['depends', 'linux-image-cloud-amd64'])) ?? [];
  if (name === '') throw new Error('apt knows no linux-image-cloud-amd64: apt-get update');
  const recipe = createHash('sha256')
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .digest('hex')
    .slice(0, 12);
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'uvs', [name, recipe, ...modules].join('-'));
  if (!existsSync(cache)) {
    const making = mkdtempSync(join(tmpdir(), 'uvs-kernel-'));
    run('apt-get', ['-qq', 'download', name], making);
    for (const file of readdirSync(making)) run('dpkg-deb', ['-x', file, '.'], making);
    const [version = ''] = readdirSync(join(making, 'lib/modules'));
    cpSync(join(making, 'boot', `vmlinuz-${version}`), join(making, 'vmlinuz'));
    const busybox = execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim();
    makeInitrd({ tree: making, version, busybox, out: join(making, 'initrd'), modules });
    mkdirSync(join(cache, '..'), { recursive: true });
    mkdirSync(`${cache}.new`, { recursive: true });
    for (const file of ['vmlinuz', 'initrd']) cpSync(join(making, file), join(`${cache}.new`, file));
    renameSync(`${cache}.new`, cache);
    rmSync(making, { recursive: true });
  }
  return { image: join(cache, 'vmlinuz'), initrd: join(cache, 'initrd') };
}

interface InitrdParts {
  /** Has the kernel's modules in lib/modules. */
  readonly tree: string;
  /** Of the kernel. */
  readonly version: string;
  /** Linked statically, of the guest's architecture. */
  readonly busybox: string;
  readonly out: string;
  /** Names of more modules than those. */
  readonly modules?: readonly string[];
}

/** Busybox, the modules in their order, and a script that hands over to /guest on the disk of programs, or to a systemd; of any architecture. */
export function makeInitrd({ tree: directory, version, busybox, out, modules: more = [] }: InitrdParts): void {
  const root = mkdtempSync(join(tmpdir(), 'uvs-initrd-'));
  for (const folder of ['bin', 'dev', 'proc', 'sys', 'programs', 'modules']) mkdirSync(join(root, folder), { recursive: true });
  cpSync(busybox, join(root, 'bin/busybox'));
  execFileSync('depmod', ['-b', directory, version]);
  const tree = join(directory, 'lib/modules', version);
  const modules = inOrder([...MODULES, ...more], readFileSync(join(tree, 'modules.dep'), 'utf8'));
  for (const path of modules) cpSync(join(tree, path), join(root, 'modules', basename(path)));
  const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
${modules.map((path) => `insmod /modules/${basename(path)}`).join('\n')}
if grep -qw uvs.root /proc/cmdline; then
  while [ ! -b /dev/vda ]; do sleep 0.1; done
  mkdir /root
  mount -t ext4 -o rw,noatime /dev/vda /root
  mount --move /dev /root/dev
  umount /proc /sys
  exec switch_root /root /usr/lib/systemd/systemd
fi
while [ ! -b /dev/vdb ]; do sleep 0.1; done
mount -t ext4 -o ro /dev/vdb /programs
mount -t ext4 -o rw,noatime /dev/vda /programs/node
for one in proc sys dev; do mount -o bind /$one /programs/$one; done
mount -t tmpfs tmp /programs/tmp
chroot /programs /guest
poweroff -f
`;
  writeFileSync(join(root, 'init'), init, { mode: 0o755 });
  execFileSync('sh', ['-c', 'find . | cpio -o -H newc --quiet | gzip -1 > "$0"', out], { cwd: root });
  rmSync(root, { recursive: true });
}

/** Paths of the modules and of all that they depend on, what is needed first (modules.dep(5)). */
function inOrder(names: readonly string[], dependencies: string): readonly string[] {
  const lines = dependencies.split('\n').map((line) => line.split(/:? /).filter((path) => path !== ''));
  const needs = new Map(lines.map(([path = '', ...needed]) => [path.replace(/:$/, ''), needed]));
  const ordered = new Set<string>();
  const add = (path: string): void => {
    for (const needed of needs.get(path) ?? []) add(needed);
    ordered.add(path);
  };
  for (const name of names) {
    const path = [...needs.keys()].find((one) => basename(one) === `${name}.ko`);
    // what is no module is in the kernel itself
    if (path !== undefined) add(path);
  }
  return [...ordered];
}
