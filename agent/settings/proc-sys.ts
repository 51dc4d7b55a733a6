import { closeSync, constants } from 'node:fs';
import { join } from 'node:path';
import { openSync, writeSync } from '../files/disk.ts';
import { readTextIfThere } from '../files/reading.ts';
import type { Kernel } from './ports.ts';

/** The parameters of the kernel below a root, proc(5). */
export function procSys(root: string): Kernel {
  const at = (key: string): string => join(root, 'proc/sys', ...key.split('.'));
  return {
    read: async (key) => await readTextIfThere(at(key)),
    write: async (key, value) => {
      const fd = openSync(at(key), constants.O_WRONLY, 0);
      try {
        writeSync(fd, Buffer.from(`${value}\n`), 0);
      } finally {
        closeSync(fd);
      }
    },
  };
}
