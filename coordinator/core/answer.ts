/** What whoever asks for a slot is told. */
export interface Answer {
  readonly isYes: boolean;
  readonly reason: string;
  /** A no that is the coordinator's own doing, and says nothing of the node: a turn that it gives back for this is not held against it. */
  readonly isOwnDoing?: true;
}

export const YES: Answer = { isYes: true, reason: '' };

export function no(reason: string): Answer {
  return { isYes: false, reason };
}

export function ownNo(reason: string): Answer {
  return { isYes: false, reason, isOwnDoing: true };
}
