import type * as real from '../../../agent/steps/read-back.ts';
import { setTimeout as sleep } from 'node:timers/promises';

const READ_MS = 500;

/** Stands in for agent/steps/read-back.ts. */
export const readBack: typeof real.readBack = async () => {
  await sleep(READ_MS);
};
