import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Which of some programs (on the PATH) and files (by their absolute path) this machine does not have. */
export function missing(needs: readonly string[]): readonly string[] {
  return needs.filter((need) => (need.startsWith('/') ? !existsSync(need) : !isOnPath(need)));
}

function isOnPath(program: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' }).status === 0;
}
