import type { Step__Output } from '../../../proto/gen/uvs/v1/Step.ts';
import type { Paint } from '../../output/colour.ts';
import { progressBar } from '../../output/progress-bar.ts';
import { formatDuration } from '../../output/quantity.ts';
import { safeLine } from '../../../common/safe-text.ts';
import { cutText, padText, wrapText } from '../../output/text-width.ts';
import { shortName } from '../arguments.ts';
import { goalText } from '../rollouts/goal.ts';
import { agentPhase, modeText, progressText, stateTone, stateWord, stepMessage } from '../rollouts/state.ts';
import type { RolloutModel } from './model.ts';

export interface LiveLook {
  readonly columns: number;
  readonly rows: number;
  readonly elapsedMs: number;
  readonly paint: Paint;
}

const phaseColumns = 12;
const whyLines = 4;

/** Lays out the live view: a header, what is waited for, a line for each node that moves, and counts of the rest. Never wider or higher than the terminal. */
export function liveLines(model: RolloutModel, look: LiveLook): string[] {
  const { rollout } = model;
  // The last column stays free: a character there makes some terminals wrap.
  const columns = Math.max(1, look.columns - 1);
  const { paint } = look;
  if (rollout === undefined) return [cutText('Connecting …', columns)];
  const title = `${shortName(rollout.name)}  ${goalText(rollout.spec, rollout.version)}  ${modeText(rollout.spec)}  ${stateWord(rollout.state)}`;
  const lines = [
    paint('strong', cutText(safeLine(title), columns)),
    cutText(`${totalBar(rollout, columns)}  ${progressText(rollout)}  ${formatDuration(look.elapsedMs)}`, columns),
  ];
  const why = rollout.stateReason === '' ? rollout.waitingFor : rollout.stateReason;
  // it may end in what to do, which is of no use where it is cut
  if (why !== '') lines.push(...wrapText(`Waits: ${safeLine(why)}`, columns, whyLines).map((line) => paint('warn', line)));
  const room = Math.max(1, look.rows - lines.length - 2);
  const steps = model.notable(room);
  for (const step of steps) lines.push(stepLine(step, model.nameWidth, columns, paint));
  const rest = restText(model, steps);
  if (rest !== '') lines.push(paint('dim', cutText(rest, columns)));
  return lines.slice(0, Math.max(2, look.rows - 1));
}

function totalBar(rollout: { stepsTotal: number; stepsSucceeded: number; stepsSkipped: number }, columns: number): string {
  const done = rollout.stepsSucceeded + rollout.stepsSkipped;
  return progressBar(rollout.stepsTotal === 0 ? 0 : (100 * done) / rollout.stepsTotal, Math.min(32, Math.floor(columns / 3)));
}

function stepLine(step: Step__Output, nameWidth: number, columns: number, paint: Paint): string {
  const hasFailed = step.state === 'STEP_STATE_FAILED';
  const nameColumns = Math.min(nameWidth, Math.floor(columns / 3));
  const name = padText(cutText(safeLine(step.hostname), nameColumns), nameColumns);
  // The agent's phase says more, but where the state says what the cluster did, the agent does not know it yet.
  const said = agentPhase(step);
  const isStateShown = said === '' || hasFailed || step.state === 'STEP_STATE_GRANTED';
  const word = isStateShown ? stateWord(step.state) : safeLine(said);
  const phase = padText(cutText(word, phaseColumns), phaseColumns);
  if (columns < 40) return cutText(`${name} ${word}`, columns);
  const percent = step.percent >= 0 ? `${String(Math.min(100, step.percent)).padStart(3)} %` : '     ';
  const bar = columns >= 60 && !hasFailed ? `${progressBar(step.percent, 18)} ${percent}  ` : '';
  // Text is cut before it is coloured, so that a cut leaves no colour on.
  const message = cutText(safeLine(stepMessage(step)), columns - nameColumns - phaseColumns - 4 - bar.length);
  return `${name}  ${paint(stateTone(step.state), phase)}  ${bar}${message}`.trimEnd();
}

function restText(model: RolloutModel, shown: readonly Step__Output[]): string {
  const isPaused = model.rollout?.state === 'ROLLOUT_STATE_PAUSED';
  const shownStaging = shown.filter(({ state }) => state === 'STEP_STATE_STAGING').length;
  const parts = [
    [model.count('STEP_STATE_STAGING') - shownStaging, 'more staging'],
    [model.count('STEP_STATE_STAGED'), isPaused ? 'staged, and the rollout is paused' : 'staged and waiting for their turn'],
    [model.count('STEP_STATE_PENDING'), 'pending'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count.toLocaleString('en')} ${what}`)
    .join(', ');
}
