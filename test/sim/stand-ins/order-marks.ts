import type * as real from '../../../agent/order-marks.ts';
import { diskAt } from '../disk.ts';

/** Stands in for agent/order-marks.ts, on a simulated disk: nothing is ever taken back. */
export const readMarks: typeof real.readMarks = async (state) => ({ settled: [...diskAt(state.path).settled], takenBack: [] });

export const noteTakenBack: typeof real.noteTakenBack = async () => undefined;

export const markSettled: typeof real.markSettled = async (state, operation, { journalled }) => {
  const disk = diskAt(state.path);
  disk.settled = [...disk.settled.filter((other) => journalled.has(other)), operation];
};
