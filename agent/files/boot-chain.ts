import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';

/** Small files that say what is booted next: they move last, as a symlink does. */
const POINTER_FILES = new Set([
  'boot/extlinux/extlinux.conf',
  'boot/loader/loader.conf',
  'boot/efi/loader/loader.conf',
  'efi/loader/loader.conf',
  'boot/grub/grubenv',
  'boot/grub2/grubenv',
  'boot/config.txt',
  'boot/cmdline.txt',
  'boot/firmware/config.txt',
  'boot/firmware/cmdline.txt',
  'boot/armbianEnv.txt',
  'boot/uEnv.txt',
]);
const KERNEL_FILE = /^(?:vmlinu[xz]|initrd(?:\.img)?|initramfs|System\.map|config|Image|zImage|uImage)-/;

/** What a machine boots by: its boot loader, its kernels and their initrds, the modules of the one that runs. Paths are relative to the root. */
export class BootChain {
  readonly #kernel: string;
  /** Where the pointers lead now. */
  readonly #pointedTo: ReadonlySet<string>;

  /** @param kernel release of the kernel that runs, as `uname -r`; '' where that is not known */
  constructor(root: string, kernel: string) {
    this.#kernel = kernel;
    this.#pointedTo = new Set([...pointedTo(root, ''), ...pointedTo(root, 'boot'), ...(root === '/' ? bootImage() : [])]);
  }

  isPartOf(path: string): boolean {
    return /^(?:boot|efi)\//.test(path) || this.#isRunningModule(path);
  }

  /** Tells whether a path says what is booted, and so is put after all others. */
  isPointer(path: string, isSymlink: boolean): boolean {
    return POINTER_FILES.has(path) || (isSymlink && /^(?:boot|efi)\/|^(?:vmlinuz|initrd\.img)(?:\.old)?$/.test(path));
  }

  /** Tells whether a kernel file of an earlier release is nobody's by now: neither running nor pointed to. */
  isSpare(path: string): boolean {
    const name = basename(path);
    return (
      KERNEL_FILE.test(name) &&
      this.#kernel !== '' &&
      !name.endsWith(`-${this.#kernel}`) &&
      !name.includes(`-${this.#kernel}.`) &&
      !this.#pointedTo.has(path)
    );
  }

  #isRunningModule(path: string): boolean {
    return this.#kernel !== '' && (path.startsWith(`usr/lib/modules/${this.#kernel}/`) || path.startsWith(`lib/modules/${this.#kernel}/`));
  }
}

function pointedTo(root: string, directory: string): readonly string[] {
  try {
    return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
      if (!entry.isSymbolicLink()) return [];
      const link = readlinkSync(join(root, directory, entry.name));
      return [normalize(link.startsWith('/') ? link : join('/', directory, link)).slice(1)];
    });
  } catch {
    return [];
  }
}

/** The boot loader's own path may leave out /boot, where that is a file system. */
function bootImage(): readonly string[] {
  try {
    const image = /(?:^|\s)BOOT_IMAGE=(?:\([^)]*\))?\/?(\S+)/.exec(readFileSync('/proc/cmdline', 'utf8'))?.[1];
    return image === undefined ? [] : [image, `boot/${image}`];
  } catch {
    return [];
  }
}
