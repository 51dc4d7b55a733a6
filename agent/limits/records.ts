import type { StateDirectory } from '../state-directory.ts';
import type { LimitRecords } from './keeper.ts';
import { storedTaken } from './taken.ts';
import { storedOwed, storedWritten } from './written.ts';

/** What the agent remembers of drop-ins, in its state directory. */
export function limitRecords(state: Pick<StateDirectory, 'path'>): LimitRecords {
  return { written: storedWritten(state), owed: storedOwed(state), taken: storedTaken(state) };
}
