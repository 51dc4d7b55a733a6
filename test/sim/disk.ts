import type { HistoryEntry } from '../../agent/history.ts';
import type { Installed } from '../../agent/installed.ts';
import type { JournalRecord } from '../../agent/journal-record.ts';

/** What a node's agent keeps on its disk; outlives every process. */
export interface Disk {
  records: readonly JournalRecord[];
  history: readonly HistoryEntry[];
  installed: Installed;
  /** Operations whose end has had its effect. */
  settled: readonly string[];
  /** How long a write of the journal takes. */
  writeMs: number;
}

export const WRITE_MS = 2;

/** The file system of this thread's simulated machines, by the path of an agent's state directory. */
const disks = new Map<string, Disk>();

export function diskAt(path: string): Disk {
  const known = disks.get(path);
  if (known !== undefined) return known;
  const disk: Disk = {
    records: [],
    history: [],
    installed: { components: [], releases: [], versions: {} },
    settled: [],
    writeMs: WRITE_MS,
  };
  disks.set(path, disk);
  return disk;
}

/** A new machine, or one whose disk was replaced. */
export function wipeDisk(path: string): void {
  disks.delete(path);
}

/** Resolves when what was written is on the disk; whoever dies before may have written it or not. */
export async function written(writeMs = WRITE_MS): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, writeMs));
}
