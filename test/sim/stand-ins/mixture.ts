import type * as real from '../../../agent/accepted/mixture.ts';
import { written } from '../disk.ts';

export { parseMixture } from '../../../agent/accepted/mixture.ts';

/** Stands in for agent/accepted/mixture.ts: nobody decides by it. */
export const noteMixture: typeof real.noteMixture = () => written();

export const putByMixtures: typeof real.putByMixtures = async () => [];
