import type * as real from '../../../agent/steps/head.ts';
import { stateOf } from '../../../agent/operation-context.ts';
import { headOf } from '../packages.ts';

/** Stands in for agent/steps/head.ts: every machine knows every package. */
export const loadHead: typeof real.loadHead = async (context) => {
  context.head = headOf(stateOf(context).packageDigest);
};
