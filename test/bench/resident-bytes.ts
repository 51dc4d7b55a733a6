import { readFileSync } from 'node:fs';

/** Resident memory of a process and all below it; one that has gone meanwhile has none. */
export function residentBytes(pid: number): number {
  try {
    const kilobytes = Number(/^VmRSS:\s+(\d+)/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return children.reduce((total, child) => total + residentBytes(Number(child)), kilobytes * 1024);
  } catch {
    return 0;
  }
}
