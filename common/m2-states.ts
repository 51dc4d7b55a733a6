/**
 * How it stands with the SSD of a node: `none` was set up; `absent` since the boot; `lost`: it was there in this boot, and is not, or does not answer;
 * `read-only` and `misaligned` are mounted.
 */
export const m2States = ['none', 'mounted', 'absent', 'lost', 'read-only', 'misaligned'] as const;

export type M2State = (typeof m2States)[number];

/** The domain form of uvs.v1.NodeM2. */
export interface M2Standing {
  readonly state: M2State;
  /** What is wrong and what to do; '': nothing. */
  readonly message: string;
}
