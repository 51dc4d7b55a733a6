import type { Kernel } from './kernel.ts';

export const EMULATOR = 'qemu-system-x86_64';

interface Image {
  /** Raw. */
  readonly file: string;
  readonly isReadOnly?: boolean;
}

/** A small machine without a network, whose first serial line is its console: QEMU's arguments, but for where its serial lines lead. */
export function machineArguments(kernel: Kernel, images: readonly Image[], order: string, mebibytes = 512): readonly string[] {
  const drives = images.flatMap(({ file, isReadOnly }, index) => [
    '-drive',
    `file=${file},if=none,id=disk${index},format=raw,cache=writeback${isReadOnly === true ? ',readonly=on' : ''}`,
    '-device',
    `virtio-blk-pci,drive=disk${index}`,
  ]);
  const machine = [
    '-M',
    'q35',
    '-cpu',
    'max',
    '-accel',
    'tcg,thread=multi',
    '-smp',
    '2',
    '-m',
    String(mebibytes),
    '-nic',
    'none',
    '-no-reboot',
  ];
  const boot = ['-kernel', kernel.image, '-initrd', kernel.initrd, '-append', `console=ttyS0 quiet panic=-1 no_timer_check ${order}`];
  return [...machine, '-display', 'none', '-monitor', 'none', ...boot, ...drives];
}
