import type * as real from '../../../agent/retained/index-file.ts';

/** Stands in for agent/retained/index-file.ts: nothing is retained. */
export const readIndex: typeof real.readIndex = async () => ({ retained: [] });
