import { readdirSync, readFileSync } from 'node:fs';
import type { TaskOwner } from '../ports.ts';
import { isOf, isOurs } from './leftovers.ts';

/** Fields of /proc/PID/stat (proc_pid_stat(5)), counted from behind the program's name. */
const SESSION = 3;
const THREADS = 17;

/**
 * Counts the processes and threads of a task, look by look: all of its session, those too that have ended and that nobody has waited for, and all
 * of the agent's own user whose environment names it, as anybody's may. What is of others is read once, so that a look costs little on a node with thousands of processes.
 */
export class ProcessCount {
  readonly #owner: TaskOwner;
  readonly #session: number;
  #others: ReadonlySet<string> = new Set();

  constructor(owner: TaskOwner, session: number) {
    this.#owner = owner;
    this.#session = session;
  }

  /** Whether there are more; every moment counts then, and no other is counted. */
  isAbove(most: number): boolean {
    const others = new Set<string>();
    let count = 0;
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      const threads = this.#others.has(pid) ? 0 : this.#threadsOf(pid);
      if (threads === 0) others.add(pid);
      count += threads;
      if (count > most) return true;
    }
    this.#others = others;
    return false;
  }

  /** None for a process of others, or one that has gone. */
  #threadsOf(pid: string): number {
    const fields = statOf(pid);
    if (fields.length === 0) return 0;
    const isOwn = fields[SESSION] === String(this.#session) || (isOurs(Number(pid)) && isOf(this.#owner, Number(pid)));
    return isOwn ? Math.max(1, Number(fields[THREADS])) : 0;
  }
}

function statOf(pid: string): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
