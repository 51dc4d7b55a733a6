import type { RolloutState__Output } from '../../../proto/gen/uvs/v1/RolloutState.ts';
import { EXIT_OK, exitCodes } from '../../exit-codes.ts';

/** What a command that watched a rollout ends with; beside the codes of cli/exit-codes.ts, which say that the command itself failed. */
export const rolloutExitCodes = {
  ROLLOUT_STATE_SUCCEEDED: EXIT_OK,
  ROLLOUT_STATE_PAUSED: 20,
  ROLLOUT_STATE_FAILED: 21,
  ROLLOUT_STATE_ABORTED: 22,
  // Watched only until the person looked away: how it ends is not known.
  ROLLOUT_STATE_RUNNING: exitCodes.CANCELLED,
  ROLLOUT_STATE_UNSPECIFIED: exitCodes.INTERNAL,
} as const satisfies Record<RolloutState__Output, number>;
