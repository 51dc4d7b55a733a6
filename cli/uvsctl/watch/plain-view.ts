import type { Rollout__Output } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { Step__Output } from '../../../proto/gen/uvs/v1/Step.ts';
import type { WatchRolloutResponse__Output } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import { formatElapsed } from '../../output/quantity.ts';
import { safeLine } from '../../../common/safe-text.ts';
import type { Terminal } from '../../output/terminal.ts';
import { padText } from '../../output/text-width.ts';
import { shortName } from '../arguments.ts';
import { goalPredicate } from '../rollouts/goal.ts';
import { progressText, stateWord, stepMessage, triesText, waitText, whereItIs } from '../rollouts/state.ts';
import type { Change, RolloutModel } from './model.ts';
import type { View } from './view.ts';

/** A node's progress within one phase gets a line this often, and none at all while more nodes than this move. */
const progressEveryMs = 10_000;
const progressNodes = 32;

/** One line per change, each with the time since the watching began: for logs and for everything that is not a terminal. */
export class PlainView implements View {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #startMs: number;
  readonly #progressMs = new Map<string, number>();
  #nameWidth = 'rollout'.length;

  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal;
    this.#now = now;
    this.#startMs = now();
  }

  show(_event: WatchRolloutResponse__Output, changes: readonly Change[], model: RolloutModel): void {
    this.#nameWidth = Math.max(this.#nameWidth, model.nameWidth);
    const moving = model.disturbedCount + model.count('STEP_STATE_STAGING');
    for (const change of changes) {
      if (change.kind === 'rollout') this.#showRollout(change.before, change.rollout);
      else this.#showStep(change.before, change.step, moving <= progressNodes);
    }
  }

  note(text: string): void {
    this.#terminal.note(`${this.#elapsed()}  ${safeLine(text)}`);
  }

  [Symbol.dispose](): void {
    // Nothing is held.
  }

  #showRollout(before: Rollout__Output | undefined, rollout: Rollout__Output): void {
    if (before === undefined || before.state !== rollout.state) {
      const why = rollout.stateReason === '' ? '' : `: ${rollout.stateReason}`;
      const what = before === undefined ? `${shortName(rollout.name)} ${goalPredicate(rollout.spec, rollout.version)}, ` : '';
      this.#line('rollout', `${what}${stateWord(rollout.state)}${why} (${progressText(rollout)})`);
    }
    const waits = waitText(rollout);
    const waited = before?.waitingFor ?? '';
    if (waits === '' || waits === waited) return;
    if (isCountdown(waited, waits) && !this.#isProgressDue('rollout')) return;
    this.#progressMs.set('rollout', this.#now());
    this.#line('rollout', `waits: ${waits}`);
  }

  #showStep(before: Step__Output | undefined, step: Step__Output, isProgressShown: boolean): void {
    // In a first look at a rollout, what has not started is in the counts.
    if (before === undefined && step.state === 'STEP_STATE_PENDING') return;
    if (before !== undefined && before.state === step.state && before.phase === step.phase && before.attempt === step.attempt) {
      const isProgress = step.percent >= 0 || isCountdown(before.message, step.message);
      if (isProgress ? !isProgressShown || !this.#isProgressDue(step.nodeUid) : before.message === step.message) return;
    }
    this.#progressMs.set(step.nodeUid, this.#now());
    this.#line(step.hostname, stepText(step));
  }

  #isProgressDue(key: string): boolean {
    return this.#now() - (this.#progressMs.get(key) ?? -Infinity) >= progressEveryMs;
  }

  #line(who: string, what: string): void {
    this.#terminal.write(`${this.#elapsed()}  ${padText(safeLine(who), this.#nameWidth)}  ${safeLine(what)}\n`);
  }

  #elapsed(): string {
    return formatElapsed(this.#now() - this.#startMs);
  }
}

/** Whether two texts differ in their numbers only: "about 7 s left" after "about 8 s left". */
function isCountdown(before: string, now: string): boolean {
  return before !== now && before.replaceAll(/\d+/g, '0') === now.replaceAll(/\d+/g, '0');
}

/** "begun, committing 50 %: Replacing 2939 files". */
function stepText(step: Step__Output): string {
  const percent = step.percent > 0 && step.percent <= 100 ? ` ${step.percent} %` : '';
  const tries = triesText(step);
  const again = tries === '' || tries === '1' ? '' : ` (try ${tries})`;
  return `${whereItIs(step)}${percent}${again}${step.message === '' ? '' : `: ${stepMessage(step)}`}`;
}
