import type { Rollout } from '../../proto/gen/uvs/v1/Rollout.ts';
import type { Step } from '../../proto/gen/uvs/v1/Step.ts';
import type { WatchRolloutResponse } from '../../proto/gen/uvs/v1/WatchRolloutResponse.ts';

/** A rollout as the API shows it, of `count` nodes demo1 … */
export function sampleRollout(count: number, more: Partial<Rollout> = {}): Rollout {
  return {
    name: 'rollouts/ro-1',
    spec: { mode: 'ROLLOUT_MODE_ROLLING' },
    state: 'ROLLOUT_STATE_RUNNING',
    version: '2.14.17',
    stepsTotal: count,
    steps: Array.from({ length: count }, (_, index) => sampleStep(index + 1)),
    ...more,
  };
}

/** A step of such a rollout. */
export function sampleStep(number: number, more: Partial<Step> = {}): Step {
  return {
    name: `rollouts/ro-1/steps/uid-${number}`,
    nodeUid: `uid-${number}`,
    hostname: `demo${number}`,
    state: 'STEP_STATE_PENDING',
    percent: -1,
    attempt: 1,
    ...more,
  };
}

/** The events of a rolling push over `count` nodes that goes well; each carries its number as its resume token. */
export function goodEvents(count: number): WatchRolloutResponse[] {
  const events: WatchRolloutResponse[] = [{ snapshot: sampleRollout(count) }];
  for (let number = 1; number <= count; number += 1) {
    events.push(
      { step: sampleStep(number, { state: 'STEP_STATE_STAGING', phase: 'fetching', percent: 42, message: 'Fetching 42 % 38 MB/s' }) },
      {
        rollout: sampleRollout(count, {
          steps: [],
          waitingFor: `gate ceph for demo${number}: osd.${number} is down`,
          stepsSucceeded: number - 1,
        }),
      },
      { step: sampleStep(number, { state: 'STEP_STATE_BEGUN', phase: 'committing', percent: 50, message: 'Replacing 2939 files' }) },
      { step: sampleStep(number, { state: 'STEP_STATE_SUCCEEDED', phase: 'done', message: 'on 2.14.17' }) },
      { rollout: sampleRollout(count, { steps: [], stepsSucceeded: number }) },
    );
  }
  events.push({ rollout: sampleRollout(count, { steps: [], stepsSucceeded: count, state: 'ROLLOUT_STATE_SUCCEEDED' }) });
  return events.map((event, index) => ({ ...event, resumeToken: String(index + 1) }));
}
