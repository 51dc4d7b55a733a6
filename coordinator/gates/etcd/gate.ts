import type { NodeRecord } from '../../domain.ts';
import type { Gate, GateAnswer, GateQuestion } from '../../ports.ts';
import { carriedBy } from './carried.ts';
import type { EtcdMember, EtcdMembership } from './members.ts';
import { quorumNever, quorumRefusal } from './quorum.ts';
import { namesOf, withAilment } from './words.ts';

/**
 * Makes the gate that keeps UVS from breaking the quorum of its own etcd (promise 8): all members must be healthy before a node may be disturbed,
 * and afterwards again; and a majority must stay up without those of the node and of all that have begun. What can't be found out is a no.
 */
export function etcdGate(name: string, etcd: EtcdMembership, timeoutMs: number): Gate {
  const members = (signal: AbortSignal): Promise<readonly EtcdMember[]> =>
    etcd.members(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  return {
    name,
    kind: 'etcd',
    ask: async (question, signal) => answer(await members(signal), question),
    never: async (nodes, signal) => quorumNever(await members(signal), nodes),
  };
}

function answer(members: readonly EtcdMember[], { moment, node, begun }: GateQuestion): GateAnswer {
  if (members.length === 0) return no('etcd named no member');
  const refusal = moment === 'after' ? notBack(members, node) : quorumRefusal(members, node, begun);
  if (refusal !== undefined) return no(refusal);
  const ill = members.filter((member) => !member.isHealthy);
  if (ill.length > 0) return no(`${ill.length} of ${members.length} etcd members are not healthy: ${ill.map(withAilment).join(', ')}`);
  const { own } = carriedBy(members, node);
  const carried = own.length === 0 ? `none that is known to be on ${node.hostname}` : `${namesOf(own)} on ${node.hostname}`;
  return { isYes: true, message: `${members.length} of ${members.length} etcd members are healthy, ${carried}` };
}

/** Says which of the node's own members are not back. */
function notBack(members: readonly EtcdMember[], node: NodeRecord): string | undefined {
  const ill = carriedBy(members, node).own.filter((member) => !member.isHealthy);
  return ill.length === 0 ? undefined : `not back on ${node.hostname}: etcd member ${ill.map(withAilment).join(', ')}`;
}

function no(message: string): GateAnswer {
  return { isYes: false, message };
}
