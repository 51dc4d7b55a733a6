import type { EndedCounts, NodeRecord, RolloutPlanRecord, RolloutStateRecord, StepRecord } from './domain.ts';

/** One step as shown: the record, or pending, with what the agent says at this moment. */
export interface StepView extends StepRecord {
  readonly phase: string;
  readonly percent: number;
  readonly isCanary: boolean;
  /** It keeps its slot until an operator has ended its operation on the node. */
  readonly needsOperator: boolean;
}

/** What an agent does or did for a step. */
export interface OperationView extends StepView {
  /** The step was tried anew since: the output is on the node alone. */
  readonly isEarlier: boolean;
}

/** A rollout without its steps. */
export interface RolloutSummary {
  readonly plan: RolloutPlanRecord;
  readonly state: RolloutStateRecord;
  readonly waitingFor: string;
  /** Host names of nodes that its selector names and that are not in its plan, because they joined, or came to match, since. */
  readonly newcomers: readonly string[];
  /** Of its steps; all others are open. */
  readonly counts: EndedCounts;
}

export interface RolloutView extends RolloutSummary {
  /** By the wall clock; undefined where no deadline runs. */
  readonly deadline: { readonly since: number; readonly until: number } | undefined;
  /** In the order of the plan. */
  readonly steps: readonly StepView[];
}

/** Nodes of a plan that are disturbed one after the other, or so many at once. */
export interface PlanWave {
  /** "canary", a role, or "all" where no order is kept. */
  readonly name: string;
  readonly nodes: number;
  readonly atOnce: number;
  /** What is waited for after it. */
  readonly soakMs: number;
  readonly needsApproval: boolean;
  /** By what a node took lately, with the soak; undefined: nobody knows. */
  readonly expectedMs: number | undefined;
}

export interface Plan {
  /** How many of the steps, from the first, are canaries. */
  readonly canaries: number;
  readonly waves: readonly PlanWave[];
  /** Whether the waves' times are by nodes that have brought this very release. */
  readonly isPaceOfRelease: boolean;
  readonly steps: readonly {
    readonly node: NodeRecord;
    readonly fromVersion: string;
    readonly toVersion: string;
    readonly skipReason: string | undefined;
    /** It is left out because it has the release. */
    readonly isInstalled: boolean;
  }[];
  readonly blockers: readonly { readonly kind: string; readonly message: string }[];
  /** About so many nodes, the first in the order, the gates have answered; 0 where there is no gate, or nobody to go. */
  readonly gatesAsked: number;
  readonly fetchBytes: number;
  /** How fast the leader sends packages, to all together; undefined: no limit is set. */
  readonly serveBytesPerSecond: number | undefined;
  /** What they take at that rate; undefined: nobody knows. */
  readonly stagingMs: number | undefined;
}

export type RolloutChange =
  | { readonly kind: 'snapshot'; readonly rollout: RolloutView }
  | { readonly kind: 'rollout'; readonly rollout: RolloutView }
  | { readonly kind: 'step'; readonly step: StepView };
