import type { SlotToken } from '../../common/slot-token.ts';
import type { Actor } from '../core.ts';
import type { NodeRecord, SlotRecord } from '../domain.ts';
import { unfinishedWork } from '../node-status.ts';
import { rolesThatCount } from '../roles.ts';
import type { Mirror } from '../state/mirror.ts';
import type { RecordChange } from '../state/record-change.ts';
import type { Leading } from './leading.ts';

/** Why a node may be out of service though etcd has nothing of it, and on what it works, as far as that is known. */
export interface HiddenWork {
  readonly why: string;
  readonly operation: string;
  readonly token: SlotToken | undefined;
}

/** Stands for what nobody can name before the node tells. */
const UNKNOWN_OPERATION = 'unknown';

/**
 * Says whether a node may have begun something of which its slot, if it holds one, says nothing: its agent works without a slot; or etcd was put
 * back and may have forgotten it, which nobody has to know where neither the node nor whoever led before is heard. Such a node is counted, or
 * waited for, and goes no more lightly than one that has begun.
 */
export function hiddenWork(
  { clock, link, sinceMs }: Pick<Leading, 'clock' | 'link' | 'sinceMs'>,
  { ledger, epoch, slots }: Mirror,
  node: NodeRecord,
): HiddenWork | undefined {
  const live = link.live(node.uid);
  // one that is cut off does what it did
  const open = live === undefined ? link.lastHeard(node.uid)?.unfinished : unfinishedWork(live);
  const slot = slots.get(node.uid);
  // what has ended is left for an operator, and never acted on again
  const isKnown = slot?.state !== 'granted' && slot?.operation === open?.operation;
  if (open !== undefined && !isKnown) {
    const { operation, phase, token } = open;
    const why =
      live === undefined
        ? `its agent worked on ${operation} (${phase}) without a slot for it when it was last heard`
        : `its agent works on ${operation} (${phase}) without a slot for it`;
    return { why, operation, token };
  }
  const forgotten = { operation: UNKNOWN_OPERATION, token: undefined };
  if (ledger.hold !== undefined) return { ...forgotten, why: 'etcd is not what it was, and may have forgotten what the node has begun' };
  if (ledger.isAdopting && node.reportedEpoch !== epoch) {
    return { ...forgotten, why: 'etcd was adopted, and the node has not told yet what it holds' };
  }
  const heard = link.lastHeard(node.uid);
  if (slot !== undefined || (heard !== undefined && heard.atMs >= sinceMs)) return undefined;
  const seconds = Math.round((clock.monotonicMs() - sinceMs) / 1000);
  return { ...forgotten, why: `it has told nothing in the ${seconds} s for which this coordinator leads` };
}

/** The slot that such a node leaves when it is removed by force. */
export function hiddenTombstone(
  { clock }: Pick<Leading, 'clock'>,
  { epoch }: Mirror,
  node: NodeRecord,
  { operation, token }: HiddenWork,
  reason: string,
  actor: Actor,
): RecordChange {
  const { uid, hostname, addresses } = node;
  const roles = rolesThatCount(node, undefined);
  const wallMs = clock.wallMs();
  const record: SlotRecord = {
    uid,
    state: 'quarantined',
    operation,
    rollout: '',
    grantedAt: wallMs,
    beganAt: undefined,
    bootId: '',
    outcome: undefined,
    outcomeMessage: undefined,
    revocation: { by: actor.identity, reason, at: wallMs },
    epoch: token?.epoch ?? epoch,
    rebuiltRevision: token?.createRevision,
    roles,
    removedNode: { hostname, roles, addresses },
  };
  return { of: 'slot', record, lease: undefined };
}
