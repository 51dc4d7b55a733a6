import type { Outcome } from '../common/outcome.ts';
import type { HeldSlot, RolloutPlanRecord, RolloutStateRecord, StepRecord, StepState } from './domain.ts';

/**
 * When this leader first saw a step reach each point, in monotonic milliseconds; made by `observeStep`. A new leader starts them anew, and
 * so does a resume: deadlines survive a change of leader approximately, they only become longer.
 */
export interface StepMilestones {
  readonly attempt: number;
  readonly operation: string | undefined;
  /** Operations seen within this attempt; a node that gives its turn back again and again is a failure in the end. */
  readonly operations: number;
  readonly firstSeenMs: number;
  readonly stagingMs: number | undefined;
  readonly stagedMs: number | undefined;
  readonly begunMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly settledMs: number | undefined;
}

/** What is observed of one node's part at this moment. */
export interface StepFacts {
  readonly uid: string;
  readonly hostname: string;
  /** Absent while it was never sent to the node. */
  readonly record: StepRecord | undefined;
  /** Whatever slot the node holds, of this rollout or not. */
  readonly slot: HeldSlot | undefined;
  readonly isEnrolled: boolean;
  /** Its session with this leader is open and not silent. */
  readonly isConnected: boolean;
  /** What the agent last said of the record's operation; undefined: nothing to this leader. */
  readonly phase: string | undefined;
  readonly phaseMessage: string;
  /** The last no to granting it or to freeing it. Forget it when something changed that may make it a yes. */
  readonly refusal: { readonly message: string; readonly atMs: number } | undefined;
}

export interface StepSituation extends StepFacts {
  readonly milestones: StepMilestones;
}

/** All that decides what a rollout does next. */
export interface RolloutSituation {
  readonly nowMs: number;
  readonly plan: RolloutPlanRecord;
  readonly state: RolloutStateRecord;
  /** In the order of the plan, one for each of its nodes. */
  readonly steps: readonly StepSituation[];
  /** Nodes that may stage at once. */
  readonly stagingLimit: number;
  /** A question that was answered no is asked again after this long. */
  readonly retryMs: number;
}

/** Where a step goes when its operation has ended. */
export type Settlement = 'succeeded' | 'failed' | 'pending' | 'skipped';

export type RolloutAction =
  /** Make a new operation, write the step as staging with the rollout's attempt, and send it to the node. */
  | { readonly kind: 'assign'; readonly uid: string }
  /** Send the assignment again: the node does not show it. */
  | { readonly kind: 'repeat-assign'; readonly uid: string; readonly operation: string }
  /** Try to grant: budget, gates, ledger; a no becomes the step's refusal. */
  | { readonly kind: 'grant'; readonly uid: string; readonly operation: string }
  /** Send the grant again: the node holds a granted slot and has not begun. */
  | { readonly kind: 'repeat-grant'; readonly uid: string; readonly operation: string }
  /** Tell the node to give the operation up; it has not begun. A granted slot goes by the agent's answer or with its lease. */
  | { readonly kind: 'cancel'; readonly uid: string; readonly operation: string; readonly reason: string }
  /** Ask for fresh evidence and the gates; on yes free the slot and settle the step in one transaction; a no becomes its refusal. */
  | {
      readonly kind: 'free';
      readonly uid: string;
      readonly operation: string;
      readonly settlement: Settlement;
      readonly message: string;
    }
  /** Write the step's new state; no slot is touched. */
  | { readonly kind: 'settle'; readonly uid: string; readonly settlement: Settlement; readonly message: string }
  | { readonly kind: 'pause'; readonly reason: string }
  /** The rollout is over: every node is done with it and none holds a slot for it. */
  | { readonly kind: 'end'; readonly state: 'succeeded' | 'aborted' }
  /** What is waited for, for people; at most one. */
  | { readonly kind: 'wait'; readonly reason: string };

export declare function observeStep(
  previous: StepMilestones | undefined,
  step: StepFacts,
  state: RolloutStateRecord,
  nowMs: number,
): StepMilestones;

export declare function nextActions(situation: RolloutSituation): readonly RolloutAction[];

export declare function settlementOf(outcome: Outcome, state: RolloutStateRecord): Settlement | undefined;

export declare function stepStage(step: StepFacts, state: RolloutStateRecord): StepState;
