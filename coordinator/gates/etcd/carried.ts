import { agentBounds } from '../../../common/agent-bounds.ts';
import type { NodeRecord } from '../../domain.ts';
import { plainAddress } from '../../plain-address.ts';
import { isSameHost } from '../../same-host.ts';
import type { EtcdMember, MemberPlace } from './members.ts';

export interface Carried<M> {
  /** Members that live on the node. */
  readonly own: readonly M[];
  /** Members that may live on it: it can't be told. */
  readonly unsure: readonly M[];
}

/** Finds the members of etcd that live on a node, by the names and addresses that either side tells. */
export function carriedBy<M extends Pick<EtcdMember, 'place'>>(members: readonly M[], node: NodeRecord): Carried<M> {
  const addresses = node.addresses.map(plainAddress);
  const found = members.map((member) => ({ member, lives: livesOn(member.place, node.hostname, addresses) }));
  const those = (wanted: ReturnType<typeof livesOn>): readonly M[] =>
    found.flatMap(({ member, lives }) => (lives === wanted ? [member] : []));
  return { own: those('here'), unsure: those('unknown') };
}

/**
 * Where either side has not told all its addresses, none that is the other's proves nothing. An address that the node has not told is another
 * machine's: etcd may be where no node is.
 */
function livesOn(place: MemberPlace, hostname: string, addresses: readonly string[]): 'here' | 'elsewhere' | 'unknown' {
  if (place.names.some((name) => isSameHost(name, hostname)) || addresses.some((address) => place.addresses.has(address))) return 'here';
  if (!place.isWhole) return 'unknown';
  const areAllTold = addresses.length > 0 && addresses.length < agentBounds.addresses;
  return place.addresses.size > 0 && !areAllTold ? 'unknown' : 'elsewhere';
}
