import { toTimestamp } from '../../../common/rpc/proto-time.ts';
import type { ListGatesResponse } from '../../../proto/gen/uvs/v1/ListGatesResponse.ts';
import type { StuckDrain } from '../../../proto/gen/uvs/v1/StuckDrain.ts';
import type { DrainView } from '../../stuck-drains.ts';

/** Where there are more they have one cause. */
const DRAINS_TOLD = 100;

/** Of the drains those that can't be taken back. */
export function stuckDrains(drains: readonly DrainView[]): Pick<ListGatesResponse, 'stuckDrains' | 'stuckDrainsTotal'> {
  const stuck = drains.flatMap(({ uid, hostname, operation, set, stuck: why }): StuckDrain[] =>
    why === undefined
      ? []
      : [
          {
            node: `nodes/${uid}`,
            hostname,
            operation: `operations/${operation}`,
            set: { ...set },
            since: toTimestamp(why.since),
            reason: why.reason,
          },
        ],
  );
  return { stuckDrains: stuck.slice(0, DRAINS_TOLD), stuckDrainsTotal: stuck.length };
}
