import { withoutCommands } from '../../../common/acceptance.ts';
import type { Rollout__Output } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { Step__Output } from '../../../proto/gen/uvs/v1/Step.ts';
import { formatSpan, formatTime } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import { shortName } from '../arguments.ts';
import { stepName } from '../uids.ts';
import { goalText } from './goal.ts';
import { agentPhase, modeText, stateTone, stateWord, stepMessage, triesText } from './state.ts';

export const rolloutColumns: readonly Column<Rollout__Output>[] = [
  { title: 'Rollout', cell: (rollout) => shortName(rollout.name) },
  { title: 'What', cell: (rollout) => goalText(rollout.spec, rollout.version) },
  { title: 'State', cell: (rollout) => stateWord(rollout.state), tone: (rollout) => stateTone(rollout.state) },
  { title: 'Nodes', cell: (rollout) => `${rollout.stepsSucceeded}/${rollout.stepsTotal}`, align: 'right' },
  { title: 'Failed', cell: (rollout) => String(rollout.stepsFailed), align: 'right' },
  { title: 'Mode', cell: (rollout) => modeText(rollout.spec) },
  { title: 'Creator', cell: (rollout) => rollout.creator },
  { title: 'Created', cell: (rollout) => formatTime(rollout.createTime) },
  { title: 'Took', cell: (rollout) => formatSpan(rollout.createTime, rollout.endTime) },
  { title: 'Why', cell: (rollout) => withoutCommands(rollout.stateReason || rollout.waitingFor) || '-' },
];

export const stepColumns: readonly Column<Step__Output>[] = [
  { title: 'Node Name', cell: stepName },
  { title: 'State', cell: (step) => stateWord(step.state), tone: (step) => stateTone(step.state) },
  { title: 'Phase', cell: (step) => agentPhase(step) || '-' },
  { title: 'Try', cell: (step) => triesText(step) || '-', align: 'right' },
  { title: 'Took', cell: (step) => formatSpan(step.beginTime, step.endTime), align: 'right' },
  { title: 'Operation', cell: (step) => (step.operation === '' ? '-' : shortName(step.operation)) },
  { title: 'Message', cell: (step) => withoutCommands(stepMessage(step)) || '-' },
];
