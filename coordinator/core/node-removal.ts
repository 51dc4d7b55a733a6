import { UvsError } from '../../common/errors.ts';
import type { Actor, Force } from '../core.ts';
import type { NodeRecord } from '../domain.ts';
import { unheardNodes } from '../hold.ts';
import { slotAfter } from '../slot-machine.ts';
import type { Mirror } from '../state/mirror.ts';
import type { RecordChange } from '../state/record-change.ts';
import type { Wish } from '../state/requests.ts';
import { isConnected, type Leading } from './leading.ts';
import { findNode } from './find-node.ts';
import { demandWord, takenBack } from './slot-release.ts';
import { slotUnchanged } from './slot-records.ts';
import { whatIsKnown } from './what-is-known.ts';

/**
 * Decides the removal of a node. One that holds a slot is refused; forced, a slot that has begun stays as a tombstone, which counts in the
 * node's scopes until the node is written off. One of which nobody can say whether it holds a slot is refused either way.
 * @throws UvsError NOT_FOUND, NOT_ALLOWED_NOW, INVALID_ARGUMENT
 */
export function removalDecision(leading: Leading, mirror: Mirror, name: string, reason: string, actor: Actor, force: Force): Wish {
  demandWord(force);
  const node = findNode(mirror, name);
  demandHeard(mirror, node);
  const slot = mirror.slots.get(node.uid);
  const known = whatIsKnown(leading, mirror, node.uid);
  const changes: RecordChange[] = [{ of: 'node-gone', uid: node.uid }];
  if (slot !== undefined) {
    if (!force.isForced) {
      throw new UvsError('NOT_ALLOWED_NOW', `${node.hostname} holds a slot for ${slot.operation} (${slot.state})`, {
        hint: `Wait until the operation has ended, or take the slot back: uvsctl slots release ${node.hostname}.`,
        details: { node: node.uid, operation: slot.operation },
      });
    }
    const place = slot.state === 'quarantined' ? 'quarantined' : slotAfter(slot.state, 'force');
    if (place === undefined || place === 'free') changes.push({ of: 'slot-gone', uid: node.uid });
    else changes.push(...takenBack(leading, mirror, slot, place, reason, actor).map((change) => asTombstone(change, node)));
  }
  const how = force.isForced ? ' (by force)' : '';
  return {
    ...(slot === undefined ? {} : { compares: slotUnchanged(slot) }),
    changes,
    audit: { resource: `nodes/${node.uid}`, message: `${node.hostname}: ${reason}${how}; known: ${known}` },
    result: node.uid,
  };
}

/**
 * Decides the writing off of a node, enrolled or removed by force: it will never come back, so it is counted and waited for no longer.
 * @throws UvsError NOT_FOUND; NOT_ALLOWED_NOW while it is heard, or holds a slot that was not taken from it by force; INVALID_ARGUMENT without the word
 */
export function writeOffDecision(leading: Leading, mirror: Mirror, name: string, reason: string, isPoweredOff: boolean): Wish {
  demandWord({ isForced: true, isPoweredOff });
  const uid = findUid(mirror, name);
  const node = mirror.nodes.get(uid);
  const slot = mirror.slots.get(uid);
  const hostname = node?.hostname ?? slot?.removedNode?.hostname ?? uid;
  if (slot !== undefined && slotAfter(slot.state, 'write-off') !== 'free') {
    throw new UvsError('NOT_ALLOWED_NOW', `${hostname} holds a slot for ${slot.operation} (${slot.state})`, {
      hint: `Take it back first: uvsctl slots release ${hostname} --force --node-is-powered-off.`,
      details: { node: uid, operation: slot.operation },
    });
  }
  if (node !== undefined) demandSilence(leading, node);
  const gone: RecordChange[] = [];
  if (slot !== undefined) gone.push({ of: 'slot-gone', uid });
  if (node !== undefined) gone.push({ of: 'node-gone', uid });
  return {
    ...(slot === undefined ? {} : { compares: slotUnchanged(slot) }),
    changes: gone,
    audit: { resource: `nodes/${uid}`, message: `${hostname}: ${reason}; known: ${whatIsKnown(leading, mirror, uid)}` },
    result: uid,
  };
}

/** What it had begun before etcd was put back would count no longer. @throws UvsError NOT_ALLOWED_NOW */
function demandHeard({ ledger, epoch }: Mirror, node: NodeRecord): void {
  if (ledger.hold === undefined && unheardNodes(ledger, [node], epoch).length === 0) return;
  throw new UvsError('NOT_ALLOWED_NOW', `etcd was put back, and ${node.hostname} has not told since then what it holds`, {
    hint:
      'Wait until it has; nodes tell once `uvsctl cluster adopt` was run. ' +
      `One that will never come back: uvsctl nodes write-off ${node.hostname}.`,
    details: { node: node.uid },
  });
}

/** A word that the machine is off is not believed while its agent speaks. @throws UvsError NOT_ALLOWED_NOW */
function demandSilence(leading: Leading, { uid, hostname }: NodeRecord): void {
  const live = leading.link.live(uid);
  if (live === undefined || !isConnected(leading, uid)) return;
  const seconds = Math.max(0, Math.round((leading.clock.monotonicMs() - live.lastHeardMs) / 1000));
  throw new UvsError('NOT_ALLOWED_NOW', `${hostname} was heard ${seconds} s ago: it is not powered off`, {
    hint:
      `To take it out of plans: uvsctl nodes cordon ${hostname}; to forget it: uvsctl nodes remove ${hostname}. ` +
      'If it was switched off just now, try again once it counts as silent.',
    details: { node: uid },
  });
}

function asTombstone(change: RecordChange, { hostname, roles }: NodeRecord): RecordChange {
  return change.of === 'slot' ? { ...change, record: { ...change.record, removedNode: { hostname, roles } } } : change;
}

/** Of a node that is enrolled, or of one that was removed by force. @throws UvsError NOT_FOUND */
export function findUid(mirror: Mirror, name: string): string {
  for (const { uid, removedNode } of mirror.slots.values()) {
    if (removedNode !== undefined && (uid === name || (removedNode.hostname === name && !hasNode(mirror, name)))) return uid;
  }
  return findNode(mirror, name).uid;
}

function hasNode(mirror: Mirror, hostname: string): boolean {
  return [...mirror.nodes.values()].some((node) => node.hostname === hostname);
}
