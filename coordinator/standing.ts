export interface Standing {
  /** What it has in hand where it leads. */
  readonly inHand: { readonly rollouts: number; readonly slots: number } | undefined;
  /** Address of the leader as last heard; empty: nobody leads. */
  readonly leader: string;
  /** Why etcd could not be looked at the last time. */
  readonly etcdTrouble: string | undefined;
}

/** What `systemctl status uvs-coordinator` says. */
export function describeStanding(standing: Standing): string {
  const { inHand, leader, etcdTrouble } = standing;
  const part =
    inHand === undefined ? following(leader) : `leading: ${count(inHand.rollouts, 'open rollout')}, ${count(inHand.slots, 'slot')} taken`;
  if (isInContact(standing)) return part;
  return `degraded, ${etcdTrouble === undefined ? '' : `${etcdTrouble}; `}${part}`;
}

/** Whether it has the contact that it needs: an etcd that answers, and a leader. */
export function isInContact({ inHand, leader, etcdTrouble }: Standing): boolean {
  return etcdTrouble === undefined && (inHand !== undefined || leader !== '');
}

function following(leader: string): string {
  return leader === '' ? 'nobody leads' : `following ${leader}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
