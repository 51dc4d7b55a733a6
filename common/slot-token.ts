/** Fences every act on a node; valid only together with the node's UID and the operation it was granted for (design: the slot protocol). */
export interface SlotToken {
  /** Random UUID, compared by equality only. */
  readonly epoch: string;
  /** etcd create revision of the slot's key. */
  readonly createRevision: number;
}

export function isSameToken(one: SlotToken, other: SlotToken): boolean {
  return one.epoch === other.epoch && one.createRevision === other.createRevision;
}
