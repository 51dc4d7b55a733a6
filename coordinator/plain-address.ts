import { isIPv6 } from 'node:net';

/** An IP address in the one form in which it can be compared: IPv6 may be written in many. Anything else stays as it is. */
export function plainAddress(address: string): string {
  const bare = address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
  // one with a zone is of one link only
  if (!isIPv6(bare) || bare.includes('%')) return bare;
  return new URL(`http://[${bare}]`).hostname.slice(1, -1);
}
