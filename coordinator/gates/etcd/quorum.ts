import type { NodeRecord } from '../../domain.ts';
import { NEVER } from '../never.ts';
import { carriedBy, type Carried } from './carried.ts';
import { listed, namesOf, withAilment } from './words.ts';
import type { EtcdMember } from './members.ts';

interface Stopped extends Carried<EtcdMember> {
  /** Of the node. */
  readonly hostname: string;
}

/**
 * Says why a node must not be disturbed beside all that has begun; undefined: etcd keeps its quorum, or the node carries none of it. A member counts
 * as up only if it is well now and lives neither on the node nor on one that has begun, whether that has died yet or not. A node of which it can't
 * be told whether it carries one counts as if it did.
 */
export function quorumRefusal(members: readonly EtcdMember[], node: NodeRecord, begun: readonly NodeRecord[]): string | undefined {
  const voters = votersOf(members);
  const candidate: Stopped = { hostname: node.hostname, ...carriedBy(voters, node) };
  if (candidate.own.length === 0 && candidate.unsure.length === 0) return undefined;
  const never = neverRefusal(voters, candidate);
  if (never !== undefined) return never;
  const others = begun.map((other): Stopped => ({ hostname: other.hostname, ...carriedBy(voters, other) }));
  const all = [candidate, ...others];
  const stopped = new Set(all.flatMap(({ own }) => own));
  const left = voters.filter((member) => member.isHealthy && !stopped.has(member));
  const doubtful = all.filter(isDoubtful);
  const doubted = new Set(doubtful.flatMap(({ unsure }) => unsure));
  const up = left.length - Math.min(doubtful.length, left.filter((member) => doubted.has(member)).length);
  const needed = majority(voters);
  if (up >= needed) return undefined;
  const count = `beside what counts as down only ${up} of ${voters.length} etcd members would be up, ${needed} are needed`;
  return [`${part(candidate)}: ${count}`, ...causes(voters, candidate, others)].join('; ');
}

/** What no waiting will change, of each node that carries a member: there are too few beside it. */
export function quorumNever(members: readonly EtcdMember[], nodes: readonly NodeRecord[]): readonly string[] {
  const voters = votersOf(members);
  const said = nodes.map((node) => neverRefusal(voters, { hostname: node.hostname, ...carriedBy(voters, node) }));
  return [...new Set(said.filter((message) => message !== undefined))];
}

function neverRefusal(voters: readonly EtcdMember[], { hostname, own }: Stopped): string | undefined {
  if (own.length === 0 || voters.length - own.length >= majority(voters)) return undefined;
  if (voters.length < 3) {
    const few = voters.length === 1 ? 'one member that votes' : 'two members that vote';
    return `${NEVER}etcd has ${few}: none can be stopped without losing the quorum; add members on other machines until there are three`;
  }
  return `${NEVER}${hostname} carries ${namesOf(own)} of etcd's ${voters.length} members: without them the quorum is lost; move members to other machines`;
}

function votersOf(members: readonly EtcdMember[]): readonly EtcdMember[] {
  return members.filter(({ isLearner }) => !isLearner);
}

function majority(voters: readonly EtcdMember[]): number {
  return Math.floor(voters.length / 2) + 1;
}

/** A machine has one member: one that is known to carry one is not supposed to carry another. */
function isDoubtful({ own, unsure }: Stopped): boolean {
  return own.length === 0 && unsure.length > 0;
}

function part(stopped: Stopped): string {
  const { hostname, own, unsure } = stopped;
  return isDoubtful(stopped)
    ? `it can't be told whether ${hostname} carries ${namesOf(unsure)} of etcd`
    : `${hostname} carries ${namesOf(own)} of etcd`;
}

/** Why there are so few, each with what ends it. */
function causes(voters: readonly EtcdMember[], candidate: Stopped, others: readonly Stopped[]): readonly string[] {
  const carriers = others.filter(({ own }) => own.length > 0);
  const doubtful = others.filter(isDoubtful);
  const ill = voters.filter((member) => !member.isHealthy && ![candidate, ...carriers].some(({ own }) => own.includes(member)));
  const hosts = (stopped: readonly Stopped[]): string => listed(stopped.map(({ hostname }) => hostname));
  const carried = namesOf(carriers.flatMap(({ own }) => own));
  return [
    ...(carriers.length === 0 ? [] : [`${carried} of ${hosts(carriers)} counted as down: ${BEGUN_ENDS}`]),
    ...(doubtful.length === 0 ? [] : [`one more counted as down for each of ${hosts(doubtful)}, of which it can't be told: ${BEGUN_ENDS}`]),
    ...(ill.length === 0 ? [] : [`bring back ${ill.map(withAilment).join(', ')}`]),
    ...([candidate, ...doubtful].some(isDoubtful) ? [DOUBT_ENDS] : []),
  ];
}

const BEGUN_ENDS = 'what has begun, or may before, counts until it is proven healthy or, once removed, written off';

const DOUBT_ENDS =
  "it is told once the coordinators can look up the hosts in the URLs of etcd's members, and the agents tell their addresses";
