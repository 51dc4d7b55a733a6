import { agentBounds } from '../../common/agent-bounds.ts';
import { cutList } from '../../common/cut.ts';
import type { NodeFacts } from '../../common/facts.ts';
import type { Hello__Output } from '../../proto/gen/uvs/agent/v1/Hello.ts';
import { factsFrom, shown } from '../api/convert/facts.ts';
import { outcomeFrom } from '../api/convert/outcome.ts';
import { tokenFrom } from '../api/convert/slot.ts';
import { invalid } from '../api/validate.ts';
import type { Introduction } from './session.ts';

export interface ParsedHello extends Introduction {
  readonly uid: string;
  readonly hostname: string;
  readonly addresses: readonly string[];
  readonly roles: readonly string[];
  readonly facts: NodeFacts;
  readonly withdrawalsCounter: number;
}

/** Reads a Hello; what is only shown is cut, what is decided by is refused. @throws UvsError INVALID_ARGUMENT */
export function helloFrom(message: Hello__Output): ParsedHello {
  if (message.facts === null) throw invalid('hello.facts', 'are required');
  if (!/^[A-Za-z0-9-]{8,64}$/.test(message.instance)) throw invalid('hello.instance', 'must be 8 to 64 letters, digits and "-"');
  demandAtMost(message.openOperations, 'hello.open_operations', agentBounds.openOperations);
  demandAtMost(message.endedOperations, 'hello.ended_operations', agentBounds.endedOperations);
  return {
    uid: message.uid,
    hostname: hostnameFrom(message.hostname),
    addresses: message.addresses.slice(0, agentBounds.addresses).map((address) => shown(address)),
    roles: rolesFrom(message.roles),
    facts: factsFrom(message.facts),
    instance: message.instance,
    withdrawalsCounter: Number(message.withdrawalsCounter),
    packageRootVersion: message.packageRootVersion,
    takesLimits: message.takesLimits,
    takesSettings: message.takesSettings,
    answersLimits: message.answersLimits,
    restartable: message.restartableUnits?.units.slice(0, agentBounds.restartableUnits).map((unit) => shown(unit)),
    openOperations: message.openOperations.map((open) => ({
      operation: operationFrom(open.operation),
      phase: shown(open.phase, agentBounds.phase),
      token: open.token === null ? undefined : tokenFrom(open.token),
    })),
    endedOperations: message.endedOperations.map((ended) => ({
      operation: operationFrom(ended.operation),
      token: tokenFrom(ended.token),
      outcome: outcomeFrom(ended.outcome),
    })),
  };
}

/** A host name as RFC 1123 has it, lower case. @throws UvsError INVALID_ARGUMENT */
export function hostnameFrom(text: string): string {
  const isName = text.length <= 253 && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/.test(text);
  if (!isName) throw invalid('hostname', `${JSON.stringify(text.slice(0, 80))} is no host name (lower-case letters, digits, "-" and ".")`);
  return text;
}

/** Roles, the first of which decides the rank. @throws UvsError INVALID_ARGUMENT */
export function rolesFrom(roles: readonly string[]): readonly string[] {
  demandAtMost(roles, 'roles', agentBounds.roles);
  for (const role of roles) {
    if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(role)) throw invalid('roles', `has the bad role ${JSON.stringify(role.slice(0, 80))}`);
  }
  if (new Set(roles).size !== roles.length) throw invalid('roles', 'names one twice');
  return roles;
}

/** An operation's id. @throws UvsError INVALID_ARGUMENT */
export function operationFrom(text: string): string {
  if (!/^[a-z0-9-]{1,40}$/.test(text)) throw invalid('operation', `${JSON.stringify(text.slice(0, 80))} is no operation id`);
  return text;
}

/** Services that should run and do not; of too many the last entry says how many more there are. */
export function servicesFrom(services: readonly string[]): readonly string[] {
  return cutList(services, agentBounds.failedServices).map((service) => shown(service));
}

function demandAtMost(list: readonly unknown[], field: string, most: number): void {
  if (list.length > most) throw invalid(field, `holds more than ${most}`);
}
