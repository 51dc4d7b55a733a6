import type { Gate, GateAnswer } from '../ports.ts';

export interface EtcdMemberHealth {
  readonly name: string;
  readonly isHealthy: boolean;
  /** What is wrong with it; empty where nothing is. */
  readonly message: string;
}

/** What the gate needs of etcd: one answer for every member of the cluster, also for one that does not answer. */
export interface EtcdHealth {
  members(signal: AbortSignal): Promise<readonly EtcdMemberHealth[]>;
}

/**
 * Makes the gate that keeps UVS from breaking the quorum of its own etcd (promise 8): all members must be healthy before one may be
 * disturbed, and afterwards again. What can't be found out is a no.
 */
export function etcdGate(name: string, health: EtcdHealth, timeoutMs: number): Gate {
  return { name, kind: 'etcd', ask: (_question, signal) => ask(health, timeoutMs, signal) };
}

async function ask(health: EtcdHealth, timeoutMs: number, signal: AbortSignal): Promise<GateAnswer> {
  const members = await health.members(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  if (members.length === 0) return { isYes: false, message: 'etcd named no member' };
  const ill = members.filter((member) => !member.isHealthy);
  if (ill.length === 0) return { isYes: true, message: `${members.length} of ${members.length} etcd members are healthy` };
  const named = ill.map((member) => (member.message === '' ? member.name : `${member.name} (${member.message})`));
  return { isYes: false, message: `${ill.length} of ${members.length} etcd members are not healthy: ${named.join(', ')}` };
}
