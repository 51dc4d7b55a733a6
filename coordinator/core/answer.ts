/**
 * What a no is for, where it is not for the node: somebody refuses, as a gate does, which is waited for by the wait deadline; or the turn had lapsed,
 * for which the coordinator may be as slow as the node: that is excused a few times.
 */
export type Excuse = 'refused' | 'lapsed';

/** What whoever asks for a slot is told. */
export interface Answer {
  readonly isYes: boolean;
  readonly reason: string;
  /** A no that is not the node's doing: a turn that it gives back for this is not held against it. */
  readonly excuse?: Excuse;
}

export const YES: Answer = { isYes: true, reason: '' };

export function no(reason: string): Answer {
  return { isYes: false, reason };
}

export function excusedNo(reason: string, excuse: Excuse = 'refused'): Answer {
  return { isYes: false, reason, excuse };
}
