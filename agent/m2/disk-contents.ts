import { UvsError } from '../../common/errors.ts';
import { openToRead } from '../files/reading.ts';
import { runProgram } from '../os/run-program.ts';
import type { Contents } from './blankness.ts';
import type { Disk } from './disk.ts';
import { placesToRead, usualBegins, type Place } from './places.ts';
import { failed, runChecked } from './run-checked.ts';

const MIB = 1024 ** 2;
/** One more than a partition table has. */
const ENOUGH = 3;
const zeros = Buffer.alloc(MIB);

/** Looks for anything of anybody's on a device: by its own signatures, by those of what was on a partition whose table is gone, and by reading it. */
export async function contentsOf(path: string, { sizeBytes, sectors }: Pick<Disk, 'sizeBytes' | 'sectors'>): Promise<Contents> {
  const listed = await runChecked({ program: 'wipefs', args: ['--no-act', '--parsable', path], from: 'util-linux' });
  const signatures = listed
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(','))
    .map(([offset = '', , , type = '']) => `${type} at ${offset}`);
  const probed = await probe(path, 0);
  const nonZeroAtBytes = await nonZeroBytes(path, placesToRead(sizeBytes));
  const inMibs = nonZeroAtBytes.map((byte) => Math.floor(byte / MIB) * MIB);
  // where all is zeros there is nothing to find
  const begins = inMibs.length === 0 ? [] : [...usualBegins(sizeBytes, sectors), ...inMibs];
  for (const at of new Set(begins.filter((begin) => begin > 0))) {
    const found = await probe(path, at);
    if (found !== '') signatures.push(`${found.replace(/^TYPE=/, '')} at 0x${at.toString(16)}`);
  }
  return { signatures, probed, nonZeroAtBytes };
}

/** What blkid(8) finds of what begins at a byte, past its cache; '': nothing. */
async function probe(path: string, at: number): Promise<string> {
  const args = ['-p', '-o', 'export', ...(at === 0 ? [] : ['-O', String(at)]), path];
  const { code, stdout, stderr } = await runProgram({ program: 'blkid', args, from: 'util-linux' });
  // 2: it found nothing; 8: it found several, which contradict each other
  if (code !== 0 && code !== 2 && code !== 8) throw failed('blkid', path, stderr);
  if (code === 8) return 'several that contradict each other';
  return stdout
    .split('\n')
    .filter((line) => /^(TYPE|PTTYPE|PART_ENTRY_TYPE)=/.test(line))
    .join(', ');
}

async function nonZeroBytes(path: string, places: readonly Place[]): Promise<readonly number[]> {
  const found = new Set<number>();
  const device = await openToRead(path);
  try {
    const buffer = Buffer.alloc(MIB);
    for (const { atBytes, bytes } of places) {
      const { bytesRead } = await device.read(buffer, 0, bytes, atBytes);
      if (bytesRead === 0) throw new UvsError('DISK_FAILED', `${path} gives nothing at byte ${atBytes}`);
      // a hundred times as fast as looking at each byte
      if (buffer.subarray(0, bytesRead).equals(zeros.subarray(0, bytesRead))) continue;
      found.add(atBytes + buffer.findIndex((byte) => byte !== 0));
      if (found.size === ENOUGH) break;
    }
    return [...found];
  } finally {
    await device.close();
  }
}
