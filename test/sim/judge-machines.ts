import { keys } from '../../coordinator/state/keys.ts';
import { BrokenPromise, demandOf } from './broken-promise.ts';
import { demandDrained } from './judge-drains.ts';
import { currentOperation, needingOperator } from './machine-journal.ts';
import type { Machine } from './machine.ts';
import type { Observed } from './observed.ts';
import type { KeyValue } from '../../coordinator/etcd/port.ts';
import type { Store } from './store.ts';
import { entryOf, slotFrom } from './stored.ts';

/** A yes is good for 10 s; what was begun with it may take its first step in the same moment. */
const YES_MS = 10_050;

/** Looks at an act that takes a node out of service, just before it. @throws BrokenPromise */
export function judgeDisturbance(machine: Machine, what: string, { store, storage, nowMs, forgetfulSinceMs }: Observed): void {
  const demand = demandOf('disturbed only under a begun slot');
  const operation = currentOperation(machine);
  if (operation === undefined) throw new BrokenPromise('disturbed only under a begun slot', `${machine.hostname} ${what} for no operation`);
  const act = `${machine.hostname} ${what} for ${operation.operation}`;
  const isGoingBack = operation.phase === 'back';
  const ageMs = nowMs - machine.yesAskedMs;
  demand(isGoingBack || ageMs < YES_MS, `${act} on a yes that it asked for ${Math.round(ageMs / 1000)} s ago`);
  // what etcd said before it was put back is still good for a moment, and what restores service asks nobody
  if (forgetfulSinceMs !== undefined && (isGoingBack || machine.yesAskedMs <= forgetfulSinceMs)) return;
  const entry = slotsOf(machine, store).find((each) => slotFrom(each).operation === operation.operation) ?? slotsOf(machine, store)[0];
  if (entry === undefined) throw new BrokenPromise('disturbed only under a begun slot', `${act} and holds no slot`);
  const slot = slotFrom(entry);
  const revision = slot.rebuiltRevision ?? entry.createRevision;
  demand(slot.state !== 'granted', `${act}, which has not begun`);
  demand(slot.operation === operation.operation, `${act}, and its slot is for ${slot.operation}`);
  const held = operation.token?.createRevision ?? 0;
  demand(held === revision, `${act} with the token ${held}, and its slot is ${revision}`);
  if (!isGoingBack) demandDrained(storage, machine.hostname, act);
  if (isGoingBack || slot.revocation === undefined || slot.state === 'begun') return;
  const versions = store.versionsOf(entry.key);
  const revokedMs = versions.find(({ value }) => slotFrom(entryOf('', value)).revocation !== undefined)?.atMs ?? nowMs;
  demand(nowMs - revokedMs < YES_MS, `${act} ${Math.round((nowMs - revokedMs) / 1000)} s after its slot was taken back`);
}

/** Looks at the machines after every event: whoever is out of service on UVS's account holds a slot. @throws BrokenPromise */
export function judgeMachines({ store, machines, forgetfulSinceMs }: Observed, mostDown: number): void {
  const demand = demandOf('disturbed only under a begun slot');
  let out = 0;
  for (const machine of new Set(machines.values())) {
    if (machine.isGone || machine.isServing) continue;
    out += 1;
    // an operator may take the slot of what waits for an operator: the node counts all the same
    if (forgetfulSinceMs !== undefined || needingOperator(machine) !== undefined) continue;
    const isHeld = slotsOf(machine, store).some((entry) => slotFrom(entry).state !== 'granted');
    demand(isHeld, `${machine.hostname} is out of service on UVS’s account and holds no slot`);
  }
  demand(out <= mostDown, `${out} nodes are out of service on UVS’s account at once; the budget was never above ${mostDown}`);
}

/** Its slot, and that of the node that it was before it joined again. */
function slotsOf({ uid, formerUids }: Machine, store: Store): readonly KeyValue[] {
  return [uid, ...formerUids].flatMap((each) => store.get(keys.slot(each)) ?? []);
}
