import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';

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
/** Boot loaders and what they read: whoever has them may boot by them, whatever it was before. */
const LOADER = /^(?:boot\/)?efi\/|^boot\/(?:grub2?|extlinux|loader)\//i;
const KERNEL_FILE = /^(?:vmlinu[xz]|initrd(?:\.img)?|initramfs|System\.map|config|Image|zImage|uImage)-/;

/** Symlinks that lead elsewhere before anything is removed: where to, by path; undefined: they go themselves. */
export type MovedPointers = ReadonlyMap<string, string | undefined>;

const nonMoved: MovedPointers = new Map();

/** What a machine boots by: its boot loader, its kernels and their initrds, the modules of the one that runs. Paths are relative to the root. */
export class BootChain {
  readonly #kernel: string;
  /** Where the pointers lead now, by their paths. */
  readonly #pointers: ReadonlyMap<string, string>;
  /** What the boot loader said that it has loaded. */
  readonly #loaded: readonly string[];

  /** @param kernel release of the kernel that runs, as `uname -r`; '' where that is not known */
  constructor(root: string, kernel: string) {
    this.#kernel = kernel;
    this.#pointers = new Map([...pointersIn(root, ''), ...pointersIn(root, 'boot')]);
    this.#loaded = root === '/' ? bootImage() : [];
  }

  isPartOf(path: string): boolean {
    return /^(?:boot|efi)\//.test(path) || this.#isRunningModule(path);
  }

  /** Tells whether a path says what is booted, and so is put after all others. */
  isPointer(path: string, isSymlink: boolean): boolean {
    return POINTER_FILES.has(path) || (isSymlink && /^(?:boot|efi)\/|^(?:vmlinuz|initrd\.img)(?:\.old)?$/.test(path));
  }

  /** Tells whether a kernel file of an earlier release is nobody's by now: neither running nor pointed to. */
  isSpare(path: string, moved: MovedPointers = nonMoved): boolean {
    const name = basename(path);
    return KERNEL_FILE.test(name) && this.#kernel !== '' && !this.#isOfRunning(name) && !this.#isPointedTo(path, moved);
  }

  /**
   * Tells whether what a release has brought under a new name may go with it: of what the machine boots by it is neither the loader, nor what runs, nor
   * what will be pointed to.
   */
  mayGoAgain(path: string, moved: MovedPointers): boolean {
    return (
      this.#kernel !== '' &&
      !LOADER.test(path) &&
      !POINTER_FILES.has(path) &&
      !path.split('/').some((name) => name === this.#kernel || this.#isOfRunning(name)) &&
      !this.#isPointedTo(path, moved)
    );
  }

  #isOfRunning(name: string): boolean {
    return name.endsWith(`-${this.#kernel}`) || name.includes(`-${this.#kernel}.`);
  }

  #isPointedTo(path: string, moved: MovedPointers): boolean {
    return (
      this.#loaded.includes(path) ||
      [...this.#pointers].some(([pointer, target]) => target === path && !moved.has(pointer)) ||
      [...moved].some(([pointer, link]) => link !== undefined && targetOf(pointer, link) === path)
    );
  }

  #isRunningModule(path: string): boolean {
    return this.#kernel !== '' && (path.startsWith(`usr/lib/modules/${this.#kernel}/`) || path.startsWith(`lib/modules/${this.#kernel}/`));
  }
}

function pointersIn(root: string, directory: string): readonly (readonly [pointer: string, target: string])[] {
  try {
    return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
      if (!entry.isSymbolicLink()) return [];
      const pointer = join(directory, entry.name);
      return [[pointer, targetOf(pointer, readlinkSync(join(root, pointer)))] as const];
    });
  } catch {
    return [];
  }
}

function targetOf(pointer: string, link: string): string {
  return normalize(link.startsWith('/') ? link : join('/', dirname(pointer), link)).slice(1);
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
