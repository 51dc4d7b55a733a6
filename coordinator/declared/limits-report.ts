import type { Mended } from './mended.ts';

/** How an agent says that it stands with the limits of one unit. */
export interface ReportedUnit {
  readonly unit: string;
  readonly state: 'in-force' | 'from-next-start' | 'unmet' | 'refused';
  /** Empty where they are in force. */
  readonly message: string;
  /** What it found changed, and put back last. */
  readonly mended: Mended | undefined;
}

/** What a node would refuse, as it is now, of limits that nobody has set. */
export interface ForeseenLimits {
  readonly refused: readonly { readonly unit: string; readonly message: string }[];
  /** Why nothing could be done; empty where they would be carried out. */
  readonly trouble: string;
}

/** What an agent last said of the limits of its node. */
export interface LimitsReport {
  /** Of the limits that it tells of. */
  readonly hash: string;
  readonly units: readonly ReportedUnit[];
  /** Why nothing could be done; empty where they were carried out. */
  readonly trouble: string;
}
