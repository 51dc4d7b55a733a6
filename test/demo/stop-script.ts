import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeScript } from '../support/sandbox-cluster.ts';

/** Ticks since the boot at which a process began, as /proc/PID/stat has them (proc(5), field 22): with the PID it names one process. */
function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // the second field is the program's name in brackets, which may hold anything
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/**
 * Writes a script into a demo's folder that ends its daemons and removes the folder. Whenever it is run, it ends no process but those: a PID
 * that is somebody else's by then began at another time, or since another boot. What else runs on the folder, such as a daemon that was
 * started again by hand, is named, and keeps the folder. Returns its path.
 */
export function writeStopScript(dir: string, pids: readonly number[]): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const daemons = pids.map((pid) => `${pid}:${startOf(pid)}`).join(' ');
  return writeScript(
    join(dir, 'stop'),
    `#!/bin/sh
# Ends the daemons of this demo, and only them, and removes its folder.
running() {
  for daemon in ${daemons}; do
    pid=\${daemon%:*}
    set -- $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null)
    # one that has ended and was not waited for runs no more
    [ "\${20}" = "\${daemon#*:}" ] && [ "$1" != Z ] && echo "$pid"
  done
}
if [ "$(cat /proc/sys/kernel/random/boot_id)" = ${boot} ]; then
  for pid in $(running); do kill "$pid"; done
  for _ in $(seq 150); do
    [ -z "$(running)" ] && break
    sleep 0.1
  done
  left=$(running | tr '\\n' ' ')
  if [ -n "$left" ]; then
    echo "still running after 15 s: $left(see ${dir}/logs); nothing was removed" >&2
    exit 1
  fi
fi
others=
for file in $(grep -lsF '${dir}/' /proc/[0-9]*/cmdline); do
  words=$(tr '\\0' '\\n' 2>/dev/null <"$file") || continue
  echo "$words" | grep -qE '(^|/)(uvs-agent|uvs-coordinator|etcd)(\\.m?js)?$' || continue
  others=yes
  echo "not one of those that this demo began, and runs on its folder:" "$(echo "$file" | tr -dc 0-9)" $words >&2
done
if [ -n "$others" ]; then
  echo 'nothing was removed: end what is named above (kill PID), and run this again' >&2
  exit 1
fi
rm -rf '${dir}'
`,
  );
}
