import type { Rollout__Output } from '../../../proto/gen/uvs/v1/Rollout.ts';
import { formatCount, formatDuration } from '../../output/quantity.ts';
import { safeLine } from '../../../common/safe-text.ts';
import { exitCodes } from '../../exit-codes.ts';
import { shortName } from '../arguments.ts';
import type { Context } from '../context.ts';
import { rolloutExitCodes } from '../rollouts/exit-codes.ts';
import { whyResumeIsFutile } from '../rollouts/futile-resume.ts';
import { hasEnded, progressText, stateWord, stillToEndText } from '../rollouts/state.ts';
import { followRollout } from './follow.ts';
import { LiveView } from './live-view.ts';
import { RolloutModel } from './model.ts';
import { PlainView } from './plain-view.ts';
import { JsonView, type View } from './view.ts';

export interface WatchOptions {
  /** rollouts/{id} */
  readonly name: string;
  /** Keep watching while it is paused, until it has ended. */
  readonly isThroughPauses: boolean;
  /** See FollowOptions. */
  readonly isKnownToExist: boolean;
}

/** A paused or aborted rollout is watched on while nodes are out of service, but no longer than this without news of them. */
const settleMs = 30_000;
/** How long no coordinator may answer. */
const giveUpMs = 5 * 60_000;

/** Shows a rollout until it has ended, is paused, or the person looks away (Ctrl-C), which leaves it running. Returns the exit code. */
export async function watchRollout(context: Context, options: WatchOptions): Promise<number> {
  const startMs = context.now();
  const model = new RolloutModel();
  using quiet = new QuietTimer(settleMs);
  const signal = AbortSignal.any([context.signal, quiet.signal]);
  try {
    using view = makeView(context);
    const onNote = (text: string): void => view.note(text);
    for await (const event of followRollout(context, { ...options, signal, giveUpMs, isOver: () => isOver(model), onNote })) {
      view.show(event, model.apply(event), model);
      const isPaused = model.rollout?.state === 'ROLLOUT_STATE_PAUSED' && !options.isThroughPauses;
      if (isPaused && model.disturbedCount === 0) break;
      if (isPaused || (isAborted(model) && !options.isThroughPauses)) quiet.restart();
      else quiet.stop();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const { rollout } = model;
  if (context.signal.aborted || rollout === undefined) {
    sayDetached(context, options.name);
    return exitCodes.CANCELLED;
  }
  if (!context.isJson) sayResult(context, rollout, model, context.now() - startMs);
  return rolloutExitCodes[rollout.state] ?? exitCodes.INTERNAL;
}

/** An aborted rollout's nodes that have begun go on to their end, which is waited for. */
function isOver(model: RolloutModel): boolean {
  return model.rollout !== undefined && hasEnded(model.rollout.state) && !(isAborted(model) && model.disturbedCount > 0);
}

function isAborted({ rollout }: RolloutModel): boolean {
  return rollout?.state === 'ROLLOUT_STATE_ABORTED';
}

function makeView({ terminal, isJson, now }: Context): View {
  if (isJson) return new JsonView(terminal);
  return terminal.isInteractive ? new LiveView(terminal, now) : new PlainView(terminal, now);
}

/** Tells that the rollout goes on without an onlooker, and how to see it again. */
function sayDetached({ terminal }: Context, name: string): void {
  const id = safeLine(shortName(name));
  terminal.note(`No longer watching; the rollout goes on. Watch it again: uvsctl rollouts watch ${id}`);
  terminal.note(`To stop it: uvsctl rollouts pause ${id} --reason TEXT`);
}

function sayResult({ terminal }: Context, rollout: Rollout__Output, model: RolloutModel, elapsedMs: number): void {
  const id = safeLine(shortName(rollout.name));
  const word = terminal.paint(rollout.state === 'ROLLOUT_STATE_SUCCEEDED' ? 'good' : 'bad', stateWord(rollout.state));
  const why = rollout.stateReason === '' ? '' : `: ${safeLine(rollout.stateReason)}`;
  terminal.write(
    `Rollout ${id} ${hasEnded(rollout.state) ? '' : 'is '}${word}${why} (${progressText(rollout)}, watched for ${formatDuration(elapsedMs)}).\n`,
  );
  if (rollout.state === 'ROLLOUT_STATE_SUCCEEDED') return sayIdle(terminal, rollout, model.idleCount);
  const stillToEnd = stillToEndText(model.disturbed());
  if (stillToEnd !== '') terminal.note(`Still to end: ${safeLine(stillToEnd)}. Look again: uvsctl rollouts watch ${id}`);
  const failed = model.failedToShow;
  if (failed !== undefined) {
    terminal.note(`See what failed: uvsctl rollouts show ${id}`);
    const operation = safeLine(shortName(failed.operation));
    if (operation !== '') terminal.note(`What ${safeLine(failed.hostname)} said: uvsctl operations logs ${operation}`);
  }
  if (rollout.state === 'ROLLOUT_STATE_PAUSED') {
    const futile = failed === undefined ? undefined : whyResumeIsFutile(rollout, failed);
    if (futile !== undefined) {
      terminal.note(`${futile.why} End it: uvsctl rollouts abort ${id} --reason TEXT   Then ${futile.instead}`);
      if (futile.once !== undefined) terminal.note(`Or go on, once ${futile.once}: ${howToGoOn(rollout, id)}`);
      return;
    }
    const first = model.firstInNeed;
    const condition = first === undefined ? '' : `, once ${safeLine(first.hostname)} is in order and accepted there`;
    terminal.note(`Go on${condition}: ${howToGoOn(rollout, id)}   End it: uvsctl rollouts abort ${id} --reason TEXT`);
  }
}

/** A pattern that matches nothing anywhere is a slip of the pen. */
function sayIdle(terminal: Context['terminal'], { name, stepsTotal }: Rollout__Output, idle: number): void {
  if (idle === 0) return;
  const id = safeLine(shortName(name));
  terminal.note(
    idle >= stepsTotal
      ? `Nothing was restarted on any node: is the pattern spelt as systemd has it? See what it was: uvsctl rollouts show ${id}`
      : `On ${formatCount(idle, 'node')} there was nothing to restart: uvsctl rollouts show ${id}`,
  );
}

/** A resume would let the canaries soak anew, and pause for the approval once more. */
function howToGoOn({ pauseCause }: Rollout__Output, id: string): string {
  return pauseCause === 'PAUSE_CAUSE_APPROVAL' ? `uvsctl rollouts approve ${id} --reason TEXT` : `uvsctl rollouts resume ${id}`;
}

/** A signal that aborts when nothing has restarted it for a while; it runs only once it was started. */
class QuietTimer implements Disposable {
  readonly #quietMs: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(quietMs: number) {
    this.#quietMs = quietMs;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    this.stop();
    this.#timer = setTimeout(() => this.#controller.abort(), this.#quietMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
