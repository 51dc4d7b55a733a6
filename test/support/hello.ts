import type { Core } from '../../coordinator/core.ts';
import type { FakeFleet } from './cluster.ts';
import type { AgentSlot } from './held-slots.ts';

type Hello = Parameters<Core['nodes']['learn']>[1];

/** What a node's agent says at hello. */
export function sayHello(core: Core, fleet: FakeFleet, uid: string, said: Partial<Hello> = {}): Promise<void> {
  const { hostname, roles, addresses } = core.nodes.find(uid);
  return core.nodes.learn(uid, {
    hostname,
    roles,
    addresses,
    facts: fleet.agent(uid).facts,
    openOperations: [],
    endedOperations: [],
    ...said,
  });
}

/** Says that the agent is still at work on what it holds a slot for. */
export function stillIn({ operation, token }: AgentSlot, phase: string): Pick<Hello, 'openOperations'> {
  return { openOperations: [{ operation, token, phase }] };
}
