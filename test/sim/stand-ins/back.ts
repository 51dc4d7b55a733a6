import type * as real from '../../../agent/retained/back.ts';

/** Stands in for agent/retained/back.ts: nothing is ever taken back. */
export const backOf: typeof real.backOf = () => Promise.reject(new Error('nothing is retained'));

export const judgeBack: typeof real.judgeBack = async () => undefined;
