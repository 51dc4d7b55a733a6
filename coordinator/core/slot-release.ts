import { UvsError } from '../../common/errors.ts';
import type { Actor, Force } from '../core.ts';
import type { HeldSlot, SlotRecord, SlotState } from '../domain.ts';
import { refusalToRelease } from '../left-to-operator.ts';
import { slotAfter, type SlotEvent } from '../slot-machine.ts';
import type { Mirror } from '../state/mirror.ts';
import type { RecordChange } from '../state/record-change.ts';
import type { Wish } from '../state/requests.ts';
import { plainName } from './find-holder.ts';
import type { Leading } from './leading.ts';
import { stepOf } from './slot-ended.ts';
import { settledStep, slotRecord, slotUnchanged } from './slot-records.ts';
import { whatIsKnown } from './what-is-known.ts';

/**
 * Decides an operator's release of a slot. What can't act, because it was only granted or has ended, is free at once, unless its agent waits
 * for an operator on the node; what has begun is revoked, and freed as always once its agent has acknowledged. Forced, the rollout is rid of
 * it and the node is quarantined.
 * @throws UvsError NOT_FOUND where no slot is held; INVALID_ARGUMENT for force without the word; NOT_ALLOWED_NOW
 */
export function releaseDecision(leading: Leading, mirror: Mirror, uid: string, reason: string, actor: Actor, force: Force): Wish {
  demandWord(force);
  const slot = mirror.slots.get(uid);
  const hostname = mirror.nodes.get(uid)?.hostname ?? slot?.removedNode?.hostname ?? uid;
  if (slot === undefined) {
    throw new UvsError('NOT_FOUND', `${hostname} holds no slot`, { hint: '"uvsctl slots list" shows who does.', details: { node: uid } });
  }
  const event: SlotEvent = force.isForced ? 'force' : 'release';
  const place = slotAfter(slot.state, event);
  if (place === undefined) {
    throw new UvsError('NOT_ALLOWED_NOW', `the slot of ${hostname} is ${slot.state}`, {
      hint: `It counts until its agent acknowledges, or until it is written off: uvsctl nodes write-off ${plainName(mirror, uid)} --node-is-powered-off --reason TEXT`,
      details: { node: uid, operation: slot.operation },
    });
  }
  const refusal = refusalToRelease(slot, leading.link.live(uid), hostname, force.isForced);
  if (refusal !== undefined) throw refusal;
  const audit = {
    resource: `nodes/${uid}`,
    message: `${hostname}: ${reason}${force.isForced ? ' (by force)' : ''}; known: ${whatIsKnown(leading, mirror, uid)}`,
  };
  const changes = place === 'free' ? freed(leading, mirror, slot, reason, actor) : takenBack(leading, mirror, slot, place, reason, actor);
  return { compares: slotUnchanged(slot), changes, audit, result: uid };
}

/** @throws UvsError INVALID_ARGUMENT */
export function demandWord({ isForced, isPoweredOff }: Force): void {
  if (!isForced || isPoweredOff) return;
  throw new UvsError('INVALID_ARGUMENT', 'force takes the word that the node is powered off', {
    hint: 'A node that runs could go on with what it has begun. Power it off, see that it is, and say --node-is-powered-off.',
    details: { field: 'node_is_powered_off' },
  });
}

function freed(leading: Leading, mirror: Mirror, slot: HeldSlot, reason: string, actor: Actor): readonly RecordChange[] {
  // nothing was done with a grant: the step may have its turn again
  const settlement = slot.state === 'granted' ? 'pending' : 'failed';
  const message = `its slot was released by ${actor.identity}: ${reason}`;
  return [{ of: 'slot-gone', uid: slot.uid }, ...settled(leading, mirror, slot, settlement, message)];
}

/** The slot as it is once it was taken back, in the state that the event leads to. */
export function takenBack(
  leading: Leading,
  mirror: Mirror,
  slot: HeldSlot,
  state: SlotState,
  reason: string,
  actor: Actor,
): readonly RecordChange[] {
  const revocation = { by: actor.identity, reason, at: leading.clock.wallMs() };
  const record: SlotRecord = { ...slotRecord(slot), state, revocation };
  const message = `its slot was taken back by ${actor.identity}: ${reason}`;
  const step = state === 'quarantined' ? settled(leading, mirror, slot, 'failed', message) : [];
  return [{ of: 'slot', record, lease: undefined }, ...step];
}

function settled(
  leading: Leading,
  mirror: Mirror,
  slot: HeldSlot,
  settlement: 'pending' | 'failed',
  message: string,
): readonly RecordChange[] {
  const found = stepOf(mirror, slot.uid, slot.operation);
  if (found === undefined) return [];
  return [{ of: 'step', record: settledStep(found.step, found.rollout.state, settlement, message, leading.clock.wallMs()) }];
}
