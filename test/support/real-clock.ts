import { performance } from 'node:perf_hooks';
import type { Clock } from '../../coordinator/ports.ts';

/** The machine's clocks. */
export const realClock: Clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
