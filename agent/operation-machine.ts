/** Where an operation is; the same names in code, journal, progress and docs. */
export type Phase =
  | 'fetching'
  | 'staged'
  | 'begun'
  | 'pre'
  | 'stopping'
  | 'committing'
  | 'starting'
  | 'handing-over'
  | 'post'
  | 'confirming'
  | 'restarting'
  | 'rebooting'
  | 'migrating'
  | 'done'
  | 'back'
  | 'rolled-back'
  | 'failed'
  | 'needs-operator';

export const phases = [
  'fetching',
  'staged',
  'begun',
  'pre',
  'stopping',
  'committing',
  'starting',
  'handing-over',
  'post',
  'confirming',
  'restarting',
  'rebooting',
  'migrating',
  'done',
  'back',
  'rolled-back',
  'failed',
  'needs-operator',
] as const satisfies readonly Phase[];

/**
 * What can happen in a phase: its act succeeded; it failed; it was withdrawn before anything was disturbed; the agent died in it and what it
 * was doing may be done again or undone; the agent died in a task that must not be run twice. `replaced`: its act succeeded, and the agent that
 * the release brings is to go on.
 */
export type Fact = 'succeeded' | 'failed' | 'cancelled' | 'interrupted' | 'interrupted-for-good' | 'replaced';

export const facts = [
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
  'interrupted-for-good',
  'replaced',
] as const satisfies readonly Fact[];

/**
 * Returns the phase of a release that follows, or undefined where the fact is not possible in the phase; agent/action-machine.ts does so for
 * restarts, reboots and migrations.
 *
 * Until post has started everything that goes wrong goes back; from post on a failure goes back as well, by the durable record `back`, and an
 * interruption goes on. Between them `handing-over` waits for the new agent, where the release brings one: an interruption tries again. `back` leads nowhere but to `rolled-back` or `needs-operator`: a direction once taken is never reversed.
 */
export function next(phase: Phase, fact: Fact): Phase | undefined {
  switch (phase) {
    case 'fetching':
      return beforeSlot(fact, 'fetching', 'staged');
    case 'staged':
      return beforeSlot(fact, 'staged', 'begun');
    case 'begun':
      // the slot is taken and nothing is disturbed yet: going back only has to clear the staging area
      return disturbing(fact, 'pre');
    case 'pre':
      return disturbing(fact, 'stopping');
    case 'stopping':
      return disturbing(fact, 'committing');
    case 'committing':
      return disturbing(fact, 'starting');
    case 'starting':
      return fact === 'replaced' ? 'handing-over' : disturbing(fact, 'post');
    case 'handing-over':
      return handingOver(fact);
    case 'post':
      return afterPost(fact, 'post', 'confirming');
    case 'confirming':
      return afterPost(fact, 'confirming', 'done');
    case 'back':
      return goingBack(fact);
    case 'restarting':
    case 'rebooting':
    case 'migrating':
    case 'done':
    case 'rolled-back':
    case 'failed':
    case 'needs-operator':
      return undefined;
    default:
      return phase satisfies never;
  }
}

/** The phases before the slot, the same for whatever follows. */
export function beforeSlot(fact: Fact, here: Phase, onwards: Phase): Phase | undefined {
  switch (fact) {
    case 'succeeded':
      return onwards;
    case 'failed':
    case 'cancelled':
      return 'failed';
    case 'interrupted':
      return here;
    case 'interrupted-for-good':
    case 'replaced':
      return undefined;
    default:
      return fact satisfies never;
  }
}

function disturbing(fact: Fact, onwards: Phase): Phase | undefined {
  switch (fact) {
    case 'succeeded':
      return onwards;
    case 'failed':
    case 'interrupted':
      return 'back';
    case 'interrupted-for-good':
      return 'needs-operator';
    case 'cancelled':
    case 'replaced':
      return undefined;
    default:
      return fact satisfies never;
  }
}

/** `succeeded` is the new agent's word, `failed` the fallback's. */
function handingOver(fact: Fact): Phase | undefined {
  switch (fact) {
    case 'succeeded':
      return 'post';
    case 'failed':
      return 'back';
    case 'interrupted':
      return 'handing-over';
    case 'interrupted-for-good':
    case 'cancelled':
    case 'replaced':
      return undefined;
    default:
      return fact satisfies never;
  }
}

function afterPost(fact: Fact, here: Phase, onwards: Phase): Phase | undefined {
  switch (fact) {
    case 'succeeded':
      return onwards;
    case 'failed':
      return 'back';
    case 'interrupted':
      return here;
    case 'interrupted-for-good':
      return 'needs-operator';
    case 'cancelled':
    case 'replaced':
      return undefined;
    default:
      return fact satisfies never;
  }
}

function goingBack(fact: Fact): Phase | undefined {
  switch (fact) {
    case 'succeeded':
      return 'rolled-back';
    case 'failed':
      return 'needs-operator';
    case 'interrupted':
      return 'back';
    case 'interrupted-for-good':
    case 'cancelled':
    case 'replaced':
      return undefined;
    default:
      return fact satisfies never;
  }
}

/** Tells whether the agent will never act on the operation again. */
export function isOver(phase: Phase): boolean {
  return phase === 'done' || phase === 'rolled-back' || phase === 'failed' || phase === 'needs-operator';
}

/** Tells whether the operation has begun and is not over: files and units may be half in place, whoever works at it, or nobody for now. */
export function isMidway(phase: Phase): boolean {
  return !isBeforeSlot(phase) && !isOver(phase);
}

/** Tells whether a withdrawal can still end the operation without a trace. */
export function isBeforeSlot(phase: Phase): boolean {
  return phase === 'fetching' || phase === 'staged';
}
