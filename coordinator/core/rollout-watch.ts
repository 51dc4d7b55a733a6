import type { RolloutChange, RolloutView, StepView } from '../rollout-view.ts';
import { hasEnded } from '../state/mirror.ts';
import { pause } from '../state/pause.ts';
import type { Reign } from './reign.ts';

/** Changes are gathered for so long, and for longer where there are many steps to compare. */
const GATHER_MS = 50;
const STEPS_PER_MS = 100;
/** A reader that is further behind than so many steps gets the whole anew. */
const MOST_CHANGES = 500;

/**
 * Follows a rollout: the whole at first, then what differs from what the reader was given last. Nothing is queued for a slow reader: it
 * gets the difference when it asks for it.
 * @param load gives the rollout as it is now, also when it has ended
 * @throws the term's NOT_LEADER; the signal's reason
 */
export async function* watchRollout(
  reign: Reign,
  load: () => Promise<RolloutView>,
  signal: AbortSignal,
): AsyncGenerator<RolloutChange, void, undefined> {
  const ending = AbortSignal.any([signal, reign.leading.term.signal]);
  let passed = Promise.withResolvers<void>();
  using _pass = reign.runner.onPass(() => passed.resolve());
  const onAbort = (): void => passed.resolve();
  ending.addEventListener('abort', onAbort, { once: true });
  try {
    let shown = await load();
    yield { kind: 'snapshot', rollout: shown };
    while (!hasEnded(shown.state)) {
      await passed.promise;
      passed = Promise.withResolvers();
      ending.throwIfAborted();
      const now = await load();
      yield* difference(shown, now);
      shown = now;
      await pause(Math.max(GATHER_MS, now.steps.length / STEPS_PER_MS), ending);
    }
  } finally {
    ending.removeEventListener('abort', onAbort);
  }
}

function* difference(before: RolloutView, after: RolloutView): Generator<RolloutChange, void, undefined> {
  const changed = after.steps.filter((step, index) => isDifferent(before.steps[index], step));
  if (changed.length > MOST_CHANGES) {
    yield { kind: 'snapshot', rollout: after };
    return;
  }
  for (const step of changed) yield { kind: 'step', step };
  const isSameHead =
    before.state.state === after.state.state &&
    before.state.reason === after.state.reason &&
    before.state.attempt === after.state.attempt &&
    before.state.endedAt === after.state.endedAt &&
    before.waitingFor === after.waitingFor;
  // counts of steps are part of what a rollout shows
  const isCounted = changed.some((step) => before.steps.find(({ uid }) => uid === step.uid)?.state !== step.state);
  if (!isSameHead || isCounted) yield { kind: 'rollout', rollout: after };
}

function isDifferent(before: StepView | undefined, after: StepView): boolean {
  return (
    before === undefined ||
    before.state !== after.state ||
    before.phase !== after.phase ||
    before.message !== after.message ||
    before.percent !== after.percent ||
    before.operation !== after.operation ||
    before.attempt !== after.attempt ||
    before.needsOperator !== after.needsOperator ||
    before.hostname !== after.hostname
  );
}
