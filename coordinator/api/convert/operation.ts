import { toTimestamp } from '../../../common/rpc/proto-time.ts';
import type { Operation } from '../../../proto/gen/uvs/v1/Operation.ts';
import type { StepView } from '../../rollout-view.ts';

/** An operation is what an agent does for one step. */
export function operationMessage(step: StepView): Operation {
  const isDone = step.outcome !== undefined;
  return {
    name: `operations/${step.operation}`,
    nodeUid: step.uid,
    hostname: step.hostname,
    rollout: `rollouts/${step.rollout}`,
    phase: step.phase,
    done: isDone,
    outcome: step.outcome ?? '',
    message: step.message,
    createTime: step.beganAt === undefined ? null : toTimestamp(step.beganAt),
    endTime: step.endedAt === undefined ? null : toTimestamp(step.endedAt),
  };
}
