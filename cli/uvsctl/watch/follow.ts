import { pause } from '../../../common/deadline.ts';
import { toUvsError, UvsError } from '../../../common/errors.ts';
import type { WatchRolloutResponse__Output } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import { formatDuration } from '../../output/quantity.ts';
import { shortName } from '../arguments.ts';
import type { Context } from '../context.ts';

export interface FollowOptions {
  readonly name: string;
  readonly signal: AbortSignal;
  /** Whether to keep trying from the start; false: the first failure is the answer. */
  readonly isKnownToExist: boolean;
  /** How long no coordinator may answer; the rollout goes on by itself meanwhile. */
  readonly giveUpMs: number;
  /** Asked after each event, once it was taken in: whether nothing more is waited for than the end of the stream. */
  readonly isOver: () => boolean;
  /** Hears of interruptions and of their end, in words. */
  readonly onNote: (text: string) => void;
}

/** Failures that pass: the connection, or the leadership, moved, or others of this identity were first. */
const passing: ReadonlySet<string> = new Set([
  'UNREACHABLE',
  'NOT_LEADER',
  'NO_LEADER',
  'DEADLINE_EXCEEDED',
  'ETCD_UNAVAILABLE',
  'NO_MAJORITY',
  'CANCELLED',
  'TOO_MANY',
]);
/** The server ends a stream after the last event of a rollout that has ended; it gets this long to do so. */
const lastEventsMs = 2_000;

/** Streams a rollout's events until it is over, over as many connections as that takes, each going on where the last one broke. */
export async function* followRollout(
  context: Context,
  options: FollowOptions,
): AsyncGenerator<WatchRolloutResponse__Output, void, undefined> {
  const { name, signal, giveUpMs, isOver, onNote } = options;
  let resumeToken = '';
  let heardMs = context.now();
  let isInterrupted = false;
  let mayRetry = options.isKnownToExist;
  for (let failures = 0; ; failures += 1) {
    let failure: UvsError | undefined;
    using ending = new Ending(signal);
    try {
      const callLimits = { ...context.callLimits, signal: ending.signal };
      for await (const event of context.api.stream('uvs.v1.RolloutService', 'WatchRollout', { name, resumeToken }, callLimits)) {
        if (isInterrupted) onNote(`Connected again after ${formatDuration(context.now() - heardMs)}.`);
        isInterrupted = false;
        mayRetry = true;
        failures = 0;
        heardMs = context.now();
        resumeToken = event.resumeToken;
        yield event;
        if (isOver()) ending.start(lastEventsMs);
      }
    } catch (thrown) {
      failure = toUvsError(thrown);
    }
    if (ending.hasStarted) return;
    signal.throwIfAborted();
    if (failure?.reason === 'NOT_FOUND' && mayRetry) throw forgotten(failure);
    if (failure !== undefined && (!mayRetry || !passing.has(failure.reason))) throw failure;
    if (context.now() - heardMs > giveUpMs) {
      throw new UvsError('UNREACHABLE', `no coordinator has answered for ${formatDuration(context.now() - heardMs)}`, {
        cause: failure,
        hint: `The rollout does not depend on this command; look at it again with: uvsctl rollouts watch ${shortName(name)}`,
      });
    }
    if (!isInterrupted)
      onNote(`Connection lost${failure === undefined ? '' : ` (${failure.message})`}; the rollout goes on, connecting again …`);
    isInterrupted = true;
    await pause(Math.min(5_000, 200 * 2 ** Math.min(failures, 5)), 'connecting again', signal);
  }
}

/** What was watched a moment ago is not forgotten by an etcd that is what it was. */
function forgotten(failure: UvsError): UvsError {
  return new UvsError('NOT_FOUND', `${failure.message} any more, and a moment ago there was: etcd was put back to before it was created`, {
    cause: failure,
    hint: '"uvsctl status" says what the coordinators make of that; once the cluster is adopted, push again.',
    details: failure.details,
  });
}

/** A signal that aborts with another, or some time after it was told that the end has come. */
class Ending implements Disposable {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#controller.signal]);
  }

  get hasStarted(): boolean {
    return this.#timer !== undefined;
  }

  start(graceMs: number): void {
    this.#timer ??= setTimeout(() => this.#controller.abort(), graceMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
