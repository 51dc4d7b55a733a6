import type * as real from '../../../agent/history.ts';
import { diskAt, written } from '../disk.ts';

/** Stands in for agent/history.ts, on a simulated disk. */
export const readHistory: typeof real.readHistory = async (state) => diskAt(state.path).history;

export const addToHistory: typeof real.addToHistory = async (state, entry) => {
  await written();
  const disk = diskAt(state.path);
  if (!disk.history.some(({ operation }) => operation === entry.operation)) disk.history = [...disk.history, entry].slice(-50);
};
