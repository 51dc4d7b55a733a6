import { loadDefinition } from '../../proto/load.ts';
import type { AgentServiceDefinition } from '../../proto/gen/uvs/agent/v1/AgentService.ts';

const SERVICE = 'uvs.agent.v1.AgentService';

export const definition = loadDefinition();

/** The service of the agents as its .proto describes it: what is sent is encoded and decoded as on a real wire. */
export const agentWire = serviceOf(definition[SERVICE]);

function serviceOf(found: unknown): AgentServiceDefinition {
  if (!isAgentService(found)) throw new Error(`the .proto files have no ${SERVICE}`);
  return found;
}

function isAgentService(found: unknown): found is AgentServiceDefinition {
  return typeof found === 'object' && found !== null && 'Session' in found && 'Begin' in found;
}
