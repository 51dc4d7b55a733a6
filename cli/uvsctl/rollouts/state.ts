import type { Rollout__Output } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { RolloutSpec__Output } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';
import type { RolloutState__Output } from '../../../proto/gen/uvs/v1/RolloutState.ts';
import type { Step__Output } from '../../../proto/gen/uvs/v1/Step.ts';
import type { StepState__Output } from '../../../proto/gen/uvs/v1/StepState.ts';
import type { Tone } from '../../output/colour.ts';
import { formatCount, formatDuration } from '../../output/quantity.ts';

/** "ROLLOUT_STATE_PAUSED" or "STEP_STATE_BEGUN" as people read them: "paused", "begun". */
export function stateWord(state: RolloutState__Output | StepState__Output): string {
  return state
    .replace(/^(ROLLOUT|STEP)_STATE_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
}

/** Whether nothing will happen in a rollout any more. */
export function hasEnded(state: RolloutState__Output): boolean {
  return state === 'ROLLOUT_STATE_SUCCEEDED' || state === 'ROLLOUT_STATE_FAILED' || state === 'ROLLOUT_STATE_ABORTED';
}

/** Whether the node of a step is out of service, or may go out of service any moment. */
export function isDisturbed(state: StepState__Output): boolean {
  return state === 'STEP_STATE_GRANTED' || state === 'STEP_STATE_BEGUN' || state === 'STEP_STATE_CONFIRMING';
}

const tones: Readonly<Record<RolloutState__Output | StepState__Output, Tone>> = {
  ROLLOUT_STATE_UNSPECIFIED: 'warn',
  ROLLOUT_STATE_RUNNING: 'active',
  ROLLOUT_STATE_PAUSED: 'warn',
  ROLLOUT_STATE_SUCCEEDED: 'good',
  ROLLOUT_STATE_FAILED: 'bad',
  ROLLOUT_STATE_ABORTED: 'bad',
  STEP_STATE_UNSPECIFIED: 'warn',
  STEP_STATE_PENDING: 'dim',
  STEP_STATE_STAGING: 'active',
  STEP_STATE_STAGED: 'dim',
  STEP_STATE_GRANTED: 'active',
  STEP_STATE_BEGUN: 'active',
  STEP_STATE_CONFIRMING: 'active',
  STEP_STATE_SUCCEEDED: 'good',
  STEP_STATE_FAILED: 'bad',
  STEP_STATE_SKIPPED: 'dim',
};

/** The colour that goes with a state; a newer coordinator may send one that this version does not know. */
export function stateTone(state: RolloutState__Output | StepState__Output): Tone {
  return tones[state] ?? 'warn';
}

/** How a rollout disturbs nodes: "one at a time" or "up to 3 at a time". */
export function modeText(spec: { readonly mode?: unknown; readonly budget?: number } | null): string {
  return spec?.mode === 'ROLLOUT_MODE_PARALLEL' ? `up to ${spec.budget ?? 0} at a time` : 'one at a time';
}

/** What a failed node does to a rollout: "goes on with up to 3 failed nodes"; empty for what is always so unless told otherwise. */
export function failureText(spec: RolloutSpec__Output | null): string {
  const seconds = spec?.rollBackAfterSeconds ?? 0;
  const back = seconds === 0 ? [] : [`nodes go back that are not healthy within ${formatDuration(seconds * 1000)}`];
  switch (spec?.onFailure) {
    case 'FAILURE_ACTION_CONTINUE':
      return [`goes on with up to ${formatCount(spec.toleratedFailures, 'failed node')}`, ...back].join('; ');
    case 'FAILURE_ACTION_ABORT':
      return ['aborts', ...back].join('; ');
    case 'FAILURE_ACTION_PAUSE':
    case 'FAILURE_ACTION_UNSPECIFIED':
    case undefined:
      return back.join('');
  }
}

/** What it waits for; empty where that only says again that it is paused or aborted, and why. */
export function waitText({ state, waitingFor }: Pick<Rollout__Output, 'state' | 'waitingFor'>): string {
  const word = stateWord(state);
  const isRepetition = state !== 'ROLLOUT_STATE_RUNNING' && (waitingFor.startsWith(`${word}: `) || waitingFor.startsWith(`${word} (`));
  return isRepetition ? '' : waitingFor;
}

/** "staging 1 h 00 min, waiting 1 h 00 min, out of service 1 h 00 min": after which a rollout pauses. */
export function deadlinesText(spec: RolloutSpec__Output | null): string {
  if (spec === null) return '';
  const of = (what: string, seconds: number): readonly string[] => (seconds === 0 ? [] : [`${what} ${formatDuration(seconds * 1000)}`]);
  return [
    ...of('staging', spec.stageDeadlineSeconds),
    ...of('waiting', spec.waitDeadlineSeconds),
    ...of('out of service', spec.stepDeadlineSeconds),
  ].join(', ');
}

/** "demo154, soak 10 min 00 s, needs approval"; empty where there are none. */
export function canaryText({ spec, steps, approver }: Pick<Rollout__Output, 'spec' | 'steps' | 'approver'>): string {
  if (spec === null || spec.canary === null) return '';
  const { soakSeconds, needsApproval } = spec.canary;
  const names = steps.filter(({ isCanary }) => isCanary).map(({ hostname }) => hostname);
  const shown = names.length > 5 ? formatCount(names.length, 'node') : names.join(' ');
  const soak = soakSeconds === 0 ? [] : [`soak ${formatDuration(soakSeconds * 1000)}`];
  const approval = approver === '' ? (needsApproval ? ['needs approval'] : []) : [`approved by ${approver}`];
  return [shown, ...soak, ...approval].join(', ');
}

const endingShown = 5;

/** The agent's own word for where it is; empty where it adds nothing to the state, or is older than that: a node that begins has said last that it is staged. */
export function agentPhase({ state, phase }: Pick<Step__Output, 'state' | 'phase'>): string {
  const isOld = phase === 'staged' && isDisturbed(state);
  return isOld || phase === stateWord(state) ? '' : phase;
}

/** "demo157 (begun, committing), demo158 (granted)", of steps whose nodes are out of service; empty where there are none. */
export function stillToEndText(steps: readonly Step__Output[]): string {
  const shown = steps.slice(0, endingShown).map((step) => `${step.hostname} (${whereItIs(step)})`);
  const more = steps.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more.toLocaleString('en')} more` : '');
}

/** "begun, committing", or "begun" alone. */
export function whereItIs(step: Pick<Step__Output, 'state' | 'phase'>): string {
  const phase = agentPhase(step);
  return phase === '' ? stateWord(step.state) : `${stateWord(step.state)}, ${phase}`;
}

/** "demo159: joined since; push again once this has ended"; empty where there are none. */
export function newcomersText(names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.length > 5 ? formatCount(names.length, 'node') : names.join(' ');
  return `${shown}: joined since, push again once this has ended`;
}

/** More are not remembered (coordinator/step-tries.ts). */
const MOST_TRIES = 6;

/** How often a node was tried: "2", "6 or more"; empty where it was not. */
export function triesText({ tries, attempt, operation }: Pick<Step__Output, 'tries' | 'attempt' | 'operation'>): string {
  // a coordinator of before counts the rollout's attempts
  if (tries === 0) return operation === '' ? '' : String(attempt);
  return tries >= MOST_TRIES ? `${tries} or more` : String(tries);
}

/** "3 of 8 done, 1 skipped, 2 failed". */
export function progressText(rollout: Rollout__Output): string {
  const { stepsTotal, stepsSucceeded, stepsSkipped, stepsFailed } = rollout;
  const skipped = stepsSkipped === 0 ? '' : `, ${stepsSkipped.toLocaleString('en')} skipped`;
  const failed = stepsFailed === 0 ? '' : `, ${stepsFailed.toLocaleString('en')} failed`;
  return `${stepsSucceeded.toLocaleString('en')} of ${formatCount(stepsTotal, 'node')} done${skipped}${failed}`;
}

/** A step's message without the phase before it, which is shown anyway: "Fetching 42 %" of "fetching: Fetching 42 %". */
export function stepMessage({ phase, message }: { readonly phase: string; readonly message: string }): string {
  return phase !== '' && message.startsWith(`${phase}: `) ? message.slice(phase.length + 2) : message;
}
