import type { SectorSizes } from './disk.ts';

const MIB = 1024 ** 2;
/** Beyond that a disk's optimal unit is taken for nonsense: bridges of USB disks claim 65535 sectors. */
const MAX_GRAIN = 64 * MIB;

/** Where a partition that begins at `startBytes` stands to its disk's units, as the end of a sentence; '': aligned. */
export function misalignment(startBytes: number, sectors: SectorSizes): string {
  const units = [
    ['physical sector', sectors.physical],
    ['optimal unit', usableOptimal(sectors)],
  ] as const;
  for (const [what, unit] of units) {
    const over = unit === 0 ? 0 : (startBytes - sectors.offset) % unit;
    if (over !== 0)
      return `begins at byte ${startBytes}, which is ${Math.abs(over)} bytes off the disk's ${what} of ${unit} bytes: writes cost twice`;
  }
  return '';
}

/** Where a new partition begins: at the first MiB, or the first unit of the disk that is at a whole MiB. */
export function alignedStart(sectors: SectorSizes): number {
  return leastCommon(MIB, Math.max(usableOptimal(sectors), sectors.physical, 1)) + sectors.offset;
}

function usableOptimal({ optimal, physical, logical }: SectorSizes): number {
  const unit = Math.max(physical, logical, 1);
  return optimal > 0 && optimal % unit === 0 && leastCommon(MIB, optimal) <= MAX_GRAIN ? optimal : 0;
}

function leastCommon(one: number, other: number): number {
  return (one / greatestCommon(one, other)) * other;
}

function greatestCommon(one: number, other: number): number {
  return other === 0 ? one : greatestCommon(other, one % other);
}
