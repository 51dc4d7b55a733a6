import type { ChildProcess } from 'node:child_process';

/** Kills a program that was started `detached`, and whatever it has started in its process group. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}
