import type { SectorSizes } from './disk.ts';
import { alignedStart } from './alignment.ts';

/** Where a disk is read to find out whether it is blank. */
export interface Place {
  readonly atBytes: number;
  readonly bytes: number;
}

const MIB = 1024 ** 2;
const GIB = 1024 * MIB;
/** Before tables of partitions were aligned, the first one began at the second track. */
const SECOND_TRACK = 63 * 512;
/** Read wholly, at either end: beyond the first partition's begin, whatever aligned it, and what RAIDs, ZFS and tables have at the end. */
const ENDS_BYTES = 64 * MIB;
/** Parts of the disk around whose borders it is read wholly: xfs begins its allocation groups there, and ext4 has its journal in the middle. */
const PARTS = 16;
const AROUND_BYTES = 4 * MIB;
/** Of what is at the begin of a partition: signatures that are further in have something before them. */
const BEGIN_BYTES = 8 * 1024;
/** So far a partition may begin at any MiB: one behind others that were small. */
const EACH_MIB_BYTES = 4 * GIB;
/** Of ext4 with blocks of 4 KiB; its groups begin with their parts of the super block and of the tables. */
const GROUP_BYTES = 128 * MIB;
const MOST_GROUPS = 8192;

/** Where partitions mostly begin, and so what was on one whose table is gone. */
export function usualBegins(sizeBytes: number, sectors: SectorSizes): readonly number[] {
  const begins = [SECOND_TRACK, alignedStart(sectors)];
  for (let at = MIB; at <= GIB; at *= 2) begins.push(at, at + MIB);
  return distinct(begins, sizeBytes);
}

/**
 * All places that are read, in their order but for the two ends, which come first: they are what is written most. Some 256 MiB in a piece and at most
 * 12,000 reads of 8 KiB: seconds, of a disk of any size.
 */
export function placesToRead(sizeBytes: number): readonly Place[] {
  const whole: Place[] = [];
  const addWhole = (from: number, to: number): void => {
    for (let at = Math.max(0, from); at < Math.min(to, sizeBytes); at += MIB)
      whole.push({ atBytes: at, bytes: Math.min(MIB, sizeBytes - at) });
  };
  addWhole(0, ENDS_BYTES);
  addWhole(sizeBytes - ENDS_BYTES, sizeBytes);
  for (let part = 1; part < PARTS; part += 1) {
    const border = Math.floor(((sizeBytes / PARTS) * part) / MIB) * MIB;
    addWhole(border - AROUND_BYTES, border + AROUND_BYTES);
  }
  const begins = distinct([...eachMib(sizeBytes), ...groups(sizeBytes)], sizeBytes);
  return [...whole, ...begins.map((atBytes) => ({ atBytes, bytes: Math.min(BEGIN_BYTES, sizeBytes - atBytes) }))];
}

function eachMib(sizeBytes: number): readonly number[] {
  return Array.from({ length: Math.ceil(Math.min(sizeBytes, EACH_MIB_BYTES) / MIB) }, (_, index) => index * MIB);
}

/** Begins of groups of an ext4 that itself begins at the first MiB: evenly, as many as are read, and all that have a copy of the super block. */
function groups(sizeBytes: number): readonly number[] {
  const count = Math.ceil(sizeBytes / GROUP_BYTES);
  const step = Math.ceil(count / MOST_GROUPS);
  const numbers = Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
  for (const base of [3, 5, 7]) for (let group = base; group < count; group *= base) numbers.push(group);
  return numbers.map((number) => MIB + number * GROUP_BYTES);
}

function distinct(places: readonly number[], sizeBytes: number): readonly number[] {
  return [...new Set(places)].filter((at) => at < sizeBytes).toSorted((a, b) => a - b);
}
