import type * as real from '../../../agent/retained/retain.ts';

/** Stands in for agent/retained/retain.ts: no files change, and none are retained. */
export const retain: typeof real.retain = async () => undefined;

export const forgetStale: typeof real.forgetStale = async () => undefined;

export const isCurrent: typeof real.isCurrent = () => false;

export const lostWayBack: typeof real.lostWayBack = async () => undefined;
