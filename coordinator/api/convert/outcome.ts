import type { Outcome } from '../../../common/outcome.ts';
import type { Outcome__Output } from '../../../proto/gen/uvs/agent/v1/Outcome.ts';
import { invalid } from '../validate.ts';

/** @throws UvsError INVALID_ARGUMENT for UNSPECIFIED, which is also what an unknown value becomes */
export function outcomeFrom(message: Outcome__Output): Outcome {
  switch (message) {
    case 'OUTCOME_INSTALLED':
      return 'installed';
    case 'OUTCOME_DONE':
      return 'done';
    case 'OUTCOME_ROLLED_BACK':
      return 'rolled-back';
    case 'OUTCOME_NEVER_ACTED':
      return 'never-acted';
    case 'OUTCOME_FAILED':
      return 'failed';
    case 'OUTCOME_NEEDS_OPERATOR':
      return 'needs-operator';
    case 'OUTCOME_UNSPECIFIED':
      throw invalid('outcome', 'is unspecified');
    default:
      message satisfies never;
      throw invalid('outcome', 'is unknown');
  }
}
