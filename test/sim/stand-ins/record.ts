import type * as real from '../../../agent/retained/record.ts';

/** Stands in for agent/retained/record.ts: nothing is retained. */
export const readRecord: typeof real.readRecord = async () => undefined;

export const removeRecord: typeof real.removeRecord = async () => undefined;
