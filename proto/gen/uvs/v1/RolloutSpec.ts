// Original file: proto/uvs/v1/rollout.proto

import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from '../../uvs/v1/Selector.ts';
import type { RolloutMode as _uvs_v1_RolloutMode, RolloutMode__Output as _uvs_v1_RolloutMode__Output } from '../../uvs/v1/RolloutMode.ts';

export interface RolloutSpec {
  'package'?: (string);
  'selector'?: (_uvs_v1_Selector | null);
  'mode'?: (_uvs_v1_RolloutMode);
  'budget'?: (number);
  'stageDeadlineSeconds'?: (number);
  'waitDeadlineSeconds'?: (number);
  'stepDeadlineSeconds'?: (number);
}

export interface RolloutSpec__Output {
  'package': (string);
  'selector': (_uvs_v1_Selector__Output | null);
  'mode': (_uvs_v1_RolloutMode__Output);
  'budget': (number);
  'stageDeadlineSeconds': (number);
  'waitDeadlineSeconds': (number);
  'stepDeadlineSeconds': (number);
}
