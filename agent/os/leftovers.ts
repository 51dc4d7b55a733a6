import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { UvsError } from '../../common/errors.ts';
import type { TaskOwner } from '../ports.ts';

const DEADLINE_MS = 10_000;
const POLL_MS = 20;

/** Kills every process whose environment names the operation and the agent, as that of each task does, and waits until they are gone. */
export async function endLeftovers(owner: TaskOwner): Promise<number> {
  const ended = new Set<number>();
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const alive = await processesOf(owner);
    if (alive.length === 0) return ended.size;
    if (waitedMs > DEADLINE_MS) {
      throw new UvsError('NEEDS_OPERATOR', `process ${alive.join(', ')} of operation ${owner.operation} cannot be killed`, {
        hint: 'It hangs in the kernel: look at its stack in /proc, or reboot the node.',
      });
    }
    for (const pid of alive) {
      ended.add(pid);
      kill(pid);
    }
    await delay(POLL_MS);
  }
}

async function processesOf({ operation, stateDirectory }: TaskOwner): Promise<readonly number[]> {
  const wanted = [`UVS_OPERATION=${operation}`, `UVS_STATE_DIR=${stateDirectory}`];
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const environment = await environmentOf(name);
    if (wanted.every((entry) => environment.includes(entry))) found.push(Number(name));
  }
  return found;
}

/** Empty for processes of others, kernel threads and zombies. */
async function environmentOf(pid: string): Promise<readonly string[]> {
  try {
    return (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it is gone already
  }
}
