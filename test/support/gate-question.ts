import type { NodeRecord } from '../../coordinator/domain.ts';
import type { GateQuestion } from '../../coordinator/ports.ts';

/** Asked before a grant, while nobody else is disturbed. */
export function gateQuestion(node: NodeRecord, given: Partial<GateQuestion> = {}): GateQuestion {
  return {
    moment: 'before-grant',
    node,
    begun: [],
    othersChangedMs: 0,
    hasEnded: true,
    changedMs: 0,
    leadingSinceMs: 0,
    acknowledged: [],
    restarted: undefined,
    begunMark: '',
    drains: [],
    ...given,
  };
}
