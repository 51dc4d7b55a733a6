import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeScript } from './sandbox-cluster.ts';

export interface SandboxUnit {
  readonly name: string;
  /** ActiveState of systemd. */
  readonly state: 'active' | 'inactive';
}

/**
 * The units of one node in a sandbox, and a program that is asked for them as systemctl(1) is: each is a file with its state and the number of
 * its start. A restart, or a stop until the start, takes a moment and is recorded as "begin NODE MS" and "end NODE MS", by the machine's uptime.
 */
export class SandboxUnits {
  /** The stand-in, with what comes before its own arguments. */
  readonly systemctl: readonly [string, ...string[]];
  readonly #folder: string;

  constructor(folder: string, node: string, units: readonly SandboxUnit[], record: string) {
    this.#folder = join(folder, 'units');
    mkdirSync(this.#folder, { recursive: true });
    for (const { name, state } of units) writeFileSync(join(this.#folder, name), `${state} 1\n`);
    this.systemctl = [writeScript(join(folder, 'systemctl'), program), this.#folder, node, record];
  }

  /** How often each unit was started. */
  starts(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      readdirSync(this.#folder).map((name) => [name, Number(readFileSync(join(this.#folder, name), 'utf8').split(' ')[1])]),
    );
  }
}

const program = `#!/bin/bash
set -eu
folder=$1 node=$2 record=$3 verb=$4
unit=\${*: -1}
shift 4
uptime() { awk '{printf "%d", $1 * 1000}' /proc/uptime; }
cd "$folder"
# As the queue of jobs of systemd: a start waits for the stop of the same unit, also where who asked for that one is gone.
case $verb in
  start | stop | restart) if [ -e "$unit" ]; then exec 9< "$unit" && flock 9; fi ;;
esac
case $verb in
  list-units)
    for each in $unit; do [ -e "$each" ] && echo "$each loaded active running a unit"; done
    exit 0 ;;
  show)
    if [ ! -e "$unit" ]; then state=inactive start=0; else read -r state start < "$unit"; fi
    case $1 in
      --property=ActiveState) echo "$state" ;;
      --property=NRestarts) echo 0 ;;
      *) printf 'ActiveState=%s\\nInvocationID=start-%s\\nActiveEnterTimestampMonotonic=%s\\n' "$state" "$start" "$start" ;;
    esac ;;
  restart)
    [ -e "$unit" ] || { echo "Unit $unit not found." >&2; exit 5; }
    read -r state start < "$unit"
    [ "$state" = inactive ] || echo "begin $node $(uptime)" >> "$record"
    sleep 0.3
    echo "active $((start + 1))" > "$unit"
    echo "end $node $(uptime)" >> "$record" ;;
  start)
    read -r state start < "$unit"
    [ "$state" = active ] && exit 0
    echo "active $((start + 1))" > "$unit"
    echo "end $node $(uptime)" >> "$record" ;;
  stop)
    read -r state start < "$unit"
    [ "$state" = active ] || exit 0
    echo "begin $node $(uptime)" >> "$record"
    sleep 0.3
    echo "inactive $start" > "$unit" ;;
  daemon-reload | reset-failed) ;;
  *) echo "Unknown command verb $verb." >&2; exit 1 ;;
esac
`;
