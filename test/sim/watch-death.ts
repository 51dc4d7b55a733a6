import type { Network } from './network.ts';
import type { Process } from './timeline.ts';

const WATCH_MS = 50;

/** Tells when a process has died; a machine's kernel does that at once, a machine without power not at all. */
export function watchDeath({ timeline }: Network, process: Process, died: () => void): Disposable {
  return process.whenDead(() => timeline.after(WATCH_MS, undefined, died));
}
