import type { Command } from 'commander';
import type { Rollout__Output } from '../../../proto/gen/uvs/v1/Rollout.ts';
import { formatSpan, formatTime } from '../../output/quantity.ts';
import { UvsError } from '../../../common/errors.ts';
import { resourceName, shortName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showFields, showList } from '../show.ts';
import { stepName } from '../uids.ts';
import { goalText } from './goal.ts';
import {
  canaryText,
  deadlinesText,
  failureText,
  isDisturbed,
  modeText,
  newcomersText,
  progressText,
  stateWord,
  stillToEndText,
  waitText,
} from './state.ts';
import { stepColumns } from './table.ts';

/** `uvsctl rollouts show`: one rollout with all its steps. */
export function addRolloutsShow(group: Command, run: Run): void {
  group.command('show').description('one rollout with its steps').argument('<rollout>', 'its id').action(run(showRollout));
}

async function showRollout(context: Context, id: string): Promise<void> {
  const request = { name: resourceName('rollouts', id) };
  const { rollout } = await context.api.call('uvs.v1.RolloutService', 'GetRollout', request, context.callLimits);
  if (rollout === null) throw new UvsError('NOT_FOUND', `there is no rollout ${id}`, { hint: '`uvsctl rollouts list` shows them.' });
  showFields(context, rollout, [
    ['Rollout', shortName(rollout.name)],
    ['What', goalText(rollout.spec, rollout.version)],
    ['State', rollout.stateReason === '' ? stateWord(rollout.state) : `${stateWord(rollout.state)}: ${rollout.stateReason}`],
    ['Paused by', rollout.pauser],
    ['Paused since', timeText(rollout.pauseTime)],
    ['Waits for', waitText(rollout)],
    ['Since', timeText(rollout.waitStartTime)],
    ['Deadline', timeText(rollout.deadlineTime)],
    ['Still to end', rollout.waitingFor === '' ? stillToEnd(rollout) : ''],
    ['Progress', progressText(rollout)],
    ['Mode', modeText(rollout.spec)],
    ['Reason', rollout.spec?.reason ?? ''],
    ['On failure', failureText(rollout.spec)],
    ['Deadlines', deadlinesText(rollout.spec)],
    ['Canaries', canaryText(rollout)],
    ['Acknowledged', (rollout.spec?.acknowledgedChecks ?? []).join(' ')],
    ['Not in it', newcomersText(rollout.newcomers)],
    ['Package', shortName(rollout.spec?.package ?? '')],
    ['Creator', rollout.creator],
    ['Created', formatTime(rollout.createTime)],
    ['Ended', rollout.endTime === null ? '' : `${formatTime(rollout.endTime)}, after ${formatSpan(rollout.createTime, rollout.endTime)}`],
  ]);
  if (context.isJson) return;
  context.terminal.write('\n');
  showList(context, { json: {}, rows: rollout.steps, columns: stepColumns, none: 'No steps.' });
}

/** Empty, and so left out, where there is none. */
function timeText(time: Parameters<typeof formatTime>[0]): string {
  return time === null ? '' : formatTime(time);
}

/** Whose end a rollout that begins nobody any more still waits for. */
function stillToEnd({ state, steps }: Rollout__Output): string {
  if (state === 'ROLLOUT_STATE_RUNNING') return '';
  return stillToEndText(steps.filter((step) => isDisturbed(step.state)).map((step) => ({ ...step, hostname: stepName(step) })));
}
