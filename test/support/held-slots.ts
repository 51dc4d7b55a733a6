import type { Outcome } from '../../common/outcome.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import type { Core, Force } from '../../coordinator/core.ts';
import { FakeFleet, operator, specOf, uids } from './cluster.ts';
import { eventually } from './eventually.ts';
import { factsOf } from './fleet-records.ts';

/** A slot as its agent knows it. */
export interface AgentSlot {
  readonly uid: string;
  readonly operation: string;
  readonly token: SlotToken;
  readonly rollout: string;
}

export const unforced: Force = { isForced: false, isPoweredOff: false };
export const forced: Force = { isForced: true, isPoweredOff: true };

export const soon = (): AbortSignal => AbortSignal.timeout(5_000);

/** Agents that stage and then wait for the test to speak for them. */
export function silentFleet(): FakeFleet {
  const fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) {
    agent.behaviour.ignoresGrants = true;
    agent.behaviour.ignoresRevokes = true;
  }
  return fleet;
}

/** Waits until a rollout to one node, or what the change says, has its first slot. */
export async function grantedSlot(core: Core, change: Parameters<typeof specOf>[0] = {}): Promise<AgentSlot> {
  const { plan } = await core.rollouts.create(specOf(change), operator, '');
  const slot = await eventually('a slot is granted', async () => (await core.slots.list()).find((each) => each.rollout === plan.id));
  return { uid: slot.uid, operation: slot.operation, token: slot.token, rollout: plan.id };
}

export async function begunSlot(core: Core, change: Parameters<typeof specOf>[0] = {}): Promise<AgentSlot> {
  const slot = await grantedSlot(core, change);
  const answer = await core.slots.begin(slot.uid, slot.operation, slot.token, soon());
  if (!answer.isYes) throw new Error(`may not begin: ${answer.reason}`);
  return slot;
}

export function toNode(hostname: string): Parameters<typeof specOf>[0] {
  return { selector: { all: false, nodes: [hostname], roles: [], labels: {} } };
}

export function endOf({ operation, token }: AgentSlot, outcome: Outcome): Parameters<Core['slots']['ended']>[1] {
  return { operation, token, outcome, message: 'said so', outputTail: 'tail', facts: factsOf('2.14.17', 'boot-1', []) };
}

export async function isHeld(core: Core, uid: string): Promise<boolean> {
  return (await core.slots.list()).some((slot) => slot.uid === uid);
}

export function untilFree(core: Core, uid: string): Promise<unknown> {
  return eventually(`the slot of ${uid} is free`, async () => !(await isHeld(core, uid)), 10_000);
}

/** The newest audit entry of an action. */
export async function lastAudit(core: Core, action: string): Promise<{ actor: string; resource: string; message: string } | undefined> {
  const entries = await core.audit.list({ limit: 200, before: undefined, resource: undefined });
  return entries.find((entry) => entry.action === action);
}
