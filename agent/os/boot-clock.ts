import { readFileSync } from 'node:fs';
import type { BootClock } from '../ports.ts';

/** CLOCK_BOOTTIME, suspend included, in steps of 10 ms: the first number of /proc/uptime, see proc_uptime(5). */
export const bootClock: BootClock = {
  nowMs: () => Math.round(Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000),
};
