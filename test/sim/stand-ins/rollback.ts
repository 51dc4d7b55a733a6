import type * as real from '../../../agent/steps/rollback.ts';

/** Stands in for agent/steps/rollback.ts: nothing is ever taken back. */
export const stageRollback: typeof real.stageRollback = () => Promise.reject(new Error('nothing is retained'));
