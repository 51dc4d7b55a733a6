/**
 * Whose turn it is while one agent replaces another, told by which of the files `handover.*` is there: `prepared` and `failed`: the one before;
 * `trial`: the new one, under a deadline; `confirmed`: the new one. Each step is one rename, so that of two that contradict only one happens.
 */
export const standings = ['prepared', 'trial', 'confirmed', 'failed'] as const;
export type Standing = (typeof standings)[number];

/** A replacement of this agent that is under way. */
export interface HandoverPlan {
  readonly operation: string;
  /** Names of versions. */
  readonly from: string;
  readonly to: string;
  /** How long the new one has to confirm. */
  readonly seconds: number;
}

export interface HandoverState extends HandoverPlan {
  readonly standing: Standing;
  /** Why the new one failed, as far as it is known. */
  readonly reason: string;
}

/** The replacement of this agent by another version; the launcher acts by what this leaves on the disk. */
export interface Handover {
  /** Name of the version that this process is; undefined where no launcher started it. */
  readonly running: string | undefined;
  /** The program that starts whichever agent is to run; undefined as above. */
  readonly launcher: string | undefined;
  /** Undefined where none is under way. */
  state(): Promise<HandoverState | undefined>;
  /** Durable when it resolves: from here on the launcher starts `from`, whatever the pointer says. May be done again. */
  prepare(plan: HandoverPlan): Promise<void>;
  /** One rename, durable when it resolves. @throws UvsError CONFLICT where it does not stand so any more */
  move(from: Standing, to: Standing, reason?: string): Promise<void>;
  /** It is over: the pointer alone says who runs. May be done again. */
  forget(operation: string): Promise<void>;
  /** Removes versions of the agent and runtimes that nothing names any more. Returns their names. @param kept versions that stay */
  sweep(kept: readonly string[]): Promise<readonly string[]>;
}

/** Thrown where another agent has to go on: this process must end and be started anew, and do nothing more before. */
export class HandedOver extends Error {
  /** Name of the version that goes on. */
  readonly to: string;

  constructor(to: string) {
    super(`agent ${to} goes on`);
    this.name = 'HandedOver';
    this.to = to;
  }
}

/** The exit code with which such a process ends (EX_TEMPFAIL of sysexits.h); uvs-agent.service starts it anew at once. */
export const EXIT_HANDED_OVER = 75;
