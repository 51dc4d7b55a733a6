import type * as real from '../../../agent/retained/describe.ts';

/** Stands in for agent/retained/describe.ts: no files change, and none are retained. */
export const describeWayBack: typeof real.describeWayBack = async () => undefined;
