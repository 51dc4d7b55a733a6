import { UvsError } from '../../common/errors.ts';
import type { Actor, Force } from '../core.ts';
import type { HeldSlot, NodeRecord, SlotState } from '../domain.ts';
import { howToAccept, isLeftToOperator } from '../left-to-operator.ts';
import { rolesThatCount } from '../roles.ts';
import { slotAfter, type SlotPlace } from '../slot-machine.ts';
import { keys } from '../state/keys.ts';
import type { Mirror } from '../state/mirror.ts';
import type { RecordChange } from '../state/record-change.ts';
import type { Wish } from '../state/requests.ts';
import type { Leading } from './leading.ts';
import { findHolder, plainName } from './find-holder.ts';
import { hiddenTombstone, hiddenWork, type HiddenWork } from './hidden-work.ts';
import { demandWord, takenBack } from './slot-release.ts';
import { slotUnchanged } from './slot-records.ts';
import { whatIsKnown } from './what-is-known.ts';

/**
 * Decides the removal of a node. One that holds a slot, or may be in the middle of something without one, is refused; forced, what has begun
 * or may have stays as a tombstone, which counts in the node's scopes until the node is written off.
 * @throws UvsError NOT_FOUND, NOT_ALLOWED_NOW, INVALID_ARGUMENT
 */
export function removalDecision(leading: Leading, mirror: Mirror, name: string, reason: string, actor: Actor, force: Force): Wish {
  demandWord(force);
  const node = enrolledNode(mirror, findHolder(mirror, name));
  const slot = mirror.slots.get(node.uid);
  const hidden = hiddenWork(leading, mirror, node);
  if (!force.isForced) {
    if (slot !== undefined) throw stillHolds(node, slot, plainName(mirror, node.uid));
    if (hidden !== undefined) throw mayStillWork(node, hidden, plainName(mirror, node.uid));
  }
  const how = force.isForced ? ' (by force)' : '';
  return {
    compares: slot === undefined ? [{ on: 'create', key: keys.slot(node.uid), equals: 0 }] : slotUnchanged(slot),
    changes: [{ of: 'node-gone', uid: node.uid }, ...whatStays(leading, mirror, node, hidden, reason, actor)],
    audit: {
      resource: `nodes/${node.uid}`,
      message: `${node.hostname}: ${reason}${how}; known: ${whatIsKnown(leading, mirror, node.uid)}${hidden === undefined ? '' : `, ${hidden.why}`}`,
    },
    result: node.uid,
  };
}

/** What the node leaves in the place of its slot. */
function whatStays(
  leading: Leading,
  mirror: Mirror,
  node: NodeRecord,
  hidden: HiddenWork | undefined,
  reason: string,
  actor: Actor,
): readonly RecordChange[] {
  const slot = mirror.slots.get(node.uid);
  const place = slot === undefined ? 'free' : placeLeft(slot.state);
  if (slot !== undefined && place !== 'free') {
    return takenBack(leading, mirror, slot, place, reason, actor).map((change) => asTombstone(change, node));
  }
  if (hidden !== undefined) return [hiddenTombstone(leading, mirror, node, hidden, reason, actor)];
  return slot === undefined ? [] : [{ of: 'slot-gone', uid: node.uid }];
}

/** What has ended was not proven yet: a node that is off, or waits for an operator, is no less down because nobody asks it any more. */
function placeLeft(state: SlotState): SlotPlace {
  if (state === 'quarantined') return state;
  return slotAfter(state, state === 'ended' ? 'doubt' : 'force') ?? 'quarantined';
}

/** @throws UvsError NOT_FOUND for one that was removed already */
function enrolledNode(mirror: Mirror, uid: string): NodeRecord {
  const node = mirror.nodes.get(uid);
  if (node !== undefined) return node;
  const hostname = mirror.slots.get(uid)?.removedNode?.hostname ?? uid;
  throw new UvsError('NOT_FOUND', `${hostname} was removed already; it counts until it is written off`, {
    hint: `If it never comes back: uvsctl nodes write-off ${plainName(mirror, uid)} --node-is-powered-off --reason TEXT`,
    details: { node: uid },
  });
}

function stillHolds({ uid, hostname }: NodeRecord, slot: HeldSlot, name: string): UvsError {
  const byForce = `uvsctl slots release ${name} --force --node-is-powered-off --reason TEXT`;
  const hint =
    slot.state === 'revoked'
      ? `It was taken back, and the agent has not acknowledged: wait for it, or see that the machine is off, and then: ${byForce}`
      : `Wait until the operation has ended, or take the slot back: uvsctl slots release ${name} --reason TEXT`;
  return new UvsError('NOT_ALLOWED_NOW', `${hostname} holds a slot for ${slot.operation} (${slot.state})`, {
    hint: isLeftToOperator(slot) ? howToAccept(slot.operation) : hint,
    details: { node: uid, operation: slot.operation },
  });
}

function mayStillWork({ uid, hostname }: NodeRecord, { why }: HiddenWork, name: string): UvsError {
  return new UvsError('NOT_ALLOWED_NOW', `${hostname} may be out of service: ${why}`, {
    hint:
      `Wait until that is over, or see that the machine is off. Then, if it never comes back: uvsctl nodes write-off ${name} ` +
      '--node-is-powered-off --reason TEXT; or remove it with --force --node-is-powered-off, and it counts as down until it is written off.',
    details: { node: uid },
  });
}

/**
 * Decides the writing off of a node, enrolled or removed by force: it will never come back, so it is counted and waited for no longer.
 * @throws UvsError NOT_FOUND; NOT_ALLOWED_NOW while it is heard, or holds a slot that was not taken from it by force; INVALID_ARGUMENT without the word
 */
export function writeOffDecision(leading: Leading, mirror: Mirror, name: string, reason: string, isPoweredOff: boolean): Wish {
  demandWord({ isForced: true, isPoweredOff });
  const uid = findHolder(mirror, name);
  const node = mirror.nodes.get(uid);
  const slot = mirror.slots.get(uid);
  const hostname = node?.hostname ?? slot?.removedNode?.hostname ?? uid;
  // first, for whoever is heard is not to be taken anything by force
  demandSilence(leading, uid, hostname, plainName(mirror, uid), slot !== undefined);
  if (slot !== undefined && slotAfter(slot.state, 'write-off') !== 'free') {
    throw new UvsError('NOT_ALLOWED_NOW', `${hostname} holds a slot for ${slot.operation} (${slot.state})`, {
      hint: `Take it back first: uvsctl slots release ${plainName(mirror, uid)} --force --node-is-powered-off --reason TEXT`,
      details: { node: uid, operation: slot.operation },
    });
  }
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

/**
 * A word that the machine is off is not believed before it has been silent for as long as it takes to count as silent. Nobody tells a new
 * leader what was heard before it: its own term has to be that old.
 * @throws UvsError NOT_ALLOWED_NOW
 */
function demandSilence(leading: Leading, uid: string, hostname: string, name: string, isHolding: boolean): void {
  const { clock, link, timings, sinceMs } = leading;
  const nowMs = clock.monotonicMs();
  const heard = link.lastHeard(uid);
  const lastSignMs = heard === undefined ? undefined : Math.max(heard.atMs, heard.endedMs ?? 0);
  const quietSinceMs = Math.max(sinceMs, lastSignMs ?? sinceMs);
  const leftMs = quietSinceMs + timings.silentAfterMs - nowMs;
  if (leftMs <= 0) return;
  const wait = `${Math.ceil(leftMs / 1000)} s`;
  const seconds = Math.max(0, Math.round((nowMs - quietSinceMs) / 1000));
  if (lastSignMs === undefined || lastSignMs < sinceMs) {
    throw new UvsError('NOT_ALLOWED_NOW', `this coordinator leads for ${seconds} s, too short a time to know that ${hostname} is silent`, {
      hint: `Try again in ${wait}.`,
      details: { node: uid },
    });
  }
  throw new UvsError('NOT_ALLOWED_NOW', `${hostname} was heard ${seconds} s ago: it can't be known yet that it is powered off`, {
    hint:
      `If it was switched off just now, try again in ${wait}. To take it out of plans: uvsctl nodes cordon ${name} --reason TEXT; ` +
      (isHolding ? 'while it holds a slot it is not forgotten' : `to forget it: uvsctl nodes remove ${name} --reason TEXT`),
    details: { node: uid },
  });
}

function asTombstone(change: RecordChange, node: NodeRecord): RecordChange {
  const { hostname, addresses } = node;
  const roles = rolesThatCount(node, undefined);
  return change.of === 'slot' ? { ...change, record: { ...change.record, removedNode: { hostname, roles, addresses } } } : change;
}
